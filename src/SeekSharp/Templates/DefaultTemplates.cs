namespace SeekSharp.Templates;

/// <summary>Templates for files that bring none: the published prompt format of each family, in our own words.</summary>
internal static class DefaultTemplates
{
    /// <summary>DeepSeek-V2 and V2-Lite: plain words for the roles, no tools.</summary>
    internal const string DeepSeekV2 =
        """
        {{- bos_token }}
        {%- for message in messages %}
            {%- if message.role == 'user' %}
                {{- 'User: ' + message.content + '\n\n' }}
            {%- elif message.role == 'assistant' %}
                {{- 'Assistant: ' + (message.content or '') + eos_token }}
            {%- else %}
                {{- message.content + '\n\n' }}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}
            {{- 'Assistant:' }}
        {%- endif %}
        """;

    /// <summary>DeepSeek-V2.5 and V3.</summary>
    internal const string DeepSeekV3 = DeepSeekStart + DeepSeekTurns +
        """
        {%- elif add_generation_prompt %}
            {{- '<｜Assistant｜>' }}
        {%- endif %}
        """;

    /// <summary>DeepSeek-R1 and its distillations: thoughts of earlier turns go, the answer starts with a thought.</summary>
    internal const string DeepSeekR1 = DeepSeekStart + DeepSeekTurns +
        """
        {%- elif add_generation_prompt %}
            {{- '<｜Assistant｜><think>\n' }}
        {%- endif %}
        """;

    /// <summary>DeepSeek-V3.1: the variable "thinking" chooses whether it thinks; tools are described behind the system prompt.</summary>
    internal const string DeepSeekV31 = DeepSeekSystem +
        """
        {%- if tools %}
            {%- set ns.system = ns.system + '\n\n## Tools\nYou have access to the following tools:\n' %}
            {%- for tool in tools %}
                {%- set ns.system = ns.system + '\n### ' + tool.function.name + '\nDescription: ' + (tool.function.description or '')
                    + '\n\nParameters: ' + tool.function.parameters | tojson + '\n' %}
            {%- endfor %}
            {%- set ns.system = ns.system + '\nIMPORTANT: ALWAYS adhere to this exact format for tool use:\n<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>tool_call_name<｜tool▁sep｜>tool_call_arguments<｜tool▁call▁end｜>{{additional_tool_calls}}<｜tool▁calls▁end｜>\n\nWhere:\n\n- `tool_call_name` must be an exact match to one of the available tools\n- `tool_call_arguments` must be valid JSON that strictly follows the tool\'s Parameters Schema\n- For multiple tool calls, chain them directly without separators or spaces\n' %}
        {%- endif %}
        {{- bos_token + ns.system }}
        {%- for message in messages %}
            {%- if message.role == 'user' %}
                {{- '<｜User｜>' + message.content }}
            {%- elif message.role == 'assistant' %}
                {%- if loop.previtem is defined and loop.previtem.role == 'user' %}
                    {{- '<｜Assistant｜></think>' }}
                {%- endif %}
                {{- (message.content or '').split('</think>')[-1] }}
                {%- if message.tool_calls %}
                    {{- '<｜tool▁calls▁begin｜>' }}
                    {%- for call in message.tool_calls %}
                        {{- '<｜tool▁call▁begin｜>' + call.function.name + '<｜tool▁sep｜>' + call.function.arguments + '<｜tool▁call▁end｜>' }}
                    {%- endfor %}
                    {{- '<｜tool▁calls▁end｜>' }}
                {%- endif %}
                {{- eos_token }}
            {%- elif message.role == 'tool' %}
                {{- '<｜tool▁output▁begin｜>' + message.content + '<｜tool▁output▁end｜>' }}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt and messages and messages[-1].role == 'user' %}
            {{- '<｜Assistant｜>' + ('<think>' if thinking else '</think>') }}
        {%- endif %}
        """;

    /// <summary>ChatML with tools as in Qwen2.5.</summary>
    internal const string ChatMarkup = ChatMarkupSystem +
        """
        {%- for message in messages %}
            {%- if message.role == 'tool' %}
        """ + ChatMarkupToolResult +
        """
            {%- elif message.role != 'system' or not loop.first %}
                {{- '<|im_start|>' + message.role }}
                {%- if message.content or not message.tool_calls %}
                    {{- '\n' + message.content }}
                {%- endif %}
                {%- for call in message.tool_calls %}
                    {{- '\n<tool_call>\n{"name": "' + call.function.name + '", "arguments": ' + call.function.arguments | tojson + '}\n</tool_call>' }}
                {%- endfor %}
                {{- '<|im_end|>\n' }}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}
            {{- '<|im_start|>assistant\n' }}
        {%- endif %}
        """;

    /// <summary>Qwen3: thoughts stay only in the turns since the last question; the variable "enable_thinking" can forbid them.</summary>
    internal const string Qwen3 = ChatMarkupSystem +
        """
        {%- set ns = namespace(question=-1) %}
        {%- for message in messages %}
            {%- if message.role == 'user' %}
                {%- set ns.question = loop.index0 %}
            {%- endif %}
        {%- endfor %}
        {%- for message in messages %}
            {%- if message.role == 'tool' %}
        """ + ChatMarkupToolResult +
        """
            {%- elif message.role == 'assistant' %}
                {%- set content = message.content or '' %}
                {%- set thought = message.reasoning_content or '' %}
                {%- if '</think>' in content and message.reasoning_content is not defined %}
                    {%- set thought = content.split('</think>')[0].split('<think>')[-1] %}
                    {%- set content = content.split('</think>')[-1].lstrip('\n') %}
                {%- endif %}
                {{- '<|im_start|>assistant\n' }}
                {%- if loop.index0 > ns.question and (loop.last or thought) %}
                    {{- '<think>\n' + thought.strip('\n') + '\n</think>\n\n' }}
                    {%- set content = content.lstrip('\n') %}
                {%- endif %}
                {{- content }}
                {%- for call in message.tool_calls %}
                    {{- '\n' if content or not loop.first }}
                    {{- '<tool_call>\n{"name": "' + call.function.name + '", "arguments": ' }}
                    {{- (call.function.arguments if call.function.arguments is string else call.function.arguments | tojson) + '}\n</tool_call>' }}
                {%- endfor %}
                {{- '<|im_end|>\n' }}
            {%- elif message.role != 'system' or not loop.first %}
                {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}
            {{- '<|im_start|>assistant\n' }}
            {%- if enable_thinking is defined and not enable_thinking %}
                {{- '<think>\n\n</think>\n\n' }}
            {%- endif %}
        {%- endif %}
        """;

    /// <summary>Llama 2: turns in [INST] marks, the system prompt inside the first.</summary>
    internal const string Llama2 =
        """
        {%- set ns = namespace(system='') %}
        {%- for message in messages %}
            {%- if message.role == 'system' %}
                {%- set ns.system = '<<SYS>>\n' + message.content | trim + '\n<</SYS>>\n\n' %}
            {%- elif message.role == 'user' %}
                {{- bos_token + '[INST] ' + (ns.system + message.content) | trim + ' [/INST]' }}
                {%- set ns.system = '' %}
            {%- elif message.role == 'assistant' %}
                {{- ' ' + (message.content or '') | trim + ' ' + eos_token }}
            {%- endif %}
        {%- endfor %}
        """;

    /// <summary>Llama 3: every turn under a header.</summary>
    internal const string Llama3 =
        """
        {{- bos_token }}
        {%- for message in messages %}
            {{- '<|start_header_id|>' + message.role + '<|end_header_id|>\n\n' + (message.content or '') | trim + '<|eot_id|>' }}
        {%- endfor %}
        {%- if add_generation_prompt %}
            {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}
        {%- endif %}
        """;

    /// <summary>Llama 3.1 to 3.3: the system turn tells the date; tools stand in the first question; one call at a time.</summary>
    internal const string Llama31 =
        """
        {%- set system = messages[0].content | trim if messages and messages[0].role == 'system' else '' %}
        {{- bos_token + '<|start_header_id|>system<|end_header_id|>\n\n' }}
        {%- if tools %}
            {{- 'Environment: ipython\n' }}
        {%- endif %}
        {{- 'Cutting Knowledge Date: December 2023\nToday Date: ' + strftime_now('%d %b %Y') + '\n\n' + system + '<|eot_id|>' }}
        {%- set ns = namespace(tools=tools) %}
        {%- for message in messages %}
            {%- if message.role == 'tool' %}
                {{- '<|start_header_id|>ipython<|end_header_id|>\n\n' + message.content | tojson + '<|eot_id|>' }}
            {%- elif message.tool_calls %}
                {%- if message.tool_calls | length > 1 %}
                    {{- raise_exception('Llama 3 calls one tool at a time') }}
                {%- endif %}
                {%- set call = message.tool_calls[0].function %}
                {{- '<|start_header_id|>assistant<|end_header_id|>\n\n{"name": "' + call.name + '", "parameters": ' + call.arguments | tojson + '}<|eot_id|>' }}
            {%- elif message.role != 'system' or not loop.first %}
                {{- '<|start_header_id|>' + message.role + '<|end_header_id|>\n\n' }}
                {%- if ns.tools and message.role == 'user' %}
                    {{- 'Given the following functions, please respond with a JSON for a function call with its proper arguments that best answers the given prompt.\n\n' }}
                    {{- 'Respond in the format {"name": function name, "parameters": dictionary of argument name and its value}.Do not use variables.\n\n' }}
                    {%- for tool in ns.tools %}
                        {{- tool | tojson(indent=4) + '\n\n' }}
                    {%- endfor %}
                    {%- set ns.tools = none %}
                {%- endif %}
                {{- message.content | trim + '<|eot_id|>' }}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}
            {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}
        {%- endif %}
        """;

    /// <summary>All system messages, joined.</summary>
    private const string DeepSeekSystem =
        """
        {%- set ns = namespace(system='') %}
        {%- for message in messages if message.role == 'system' %}
            {%- set ns.system = ns.system + ('' if loop.first else '\n\n') + message.content %}
        {%- endfor %}

        """;

    private const string DeepSeekStart = DeepSeekSystem + "{{- bos_token + ns.system }}\n";

    private const string DeepSeekTurns =
        """
        {%- for message in messages %}
            {%- set after_tool = loop.previtem is defined and loop.previtem.role == 'tool' %}
            {%- if message.role == 'user' %}
                {{- '<｜tool▁outputs▁end｜>' if after_tool }}
                {{- '<｜User｜>' + message.content }}
            {%- elif message.role == 'assistant' %}
                {{- '<｜tool▁outputs▁end｜>' if after_tool else '<｜Assistant｜>' }}
                {{- (message.content or '').split('</think>')[-1] }}
                {%- if message.tool_calls %}
                    {{- '<｜tool▁calls▁begin｜>' }}
                    {%- for call in message.tool_calls %}
                        {{- '' if loop.first else '\n' }}
                        {{- '<｜tool▁call▁begin｜>function<｜tool▁sep｜>' + call.function.name + '\n```json\n' + call.function.arguments + '\n```<｜tool▁call▁end｜>' }}
                    {%- endfor %}
                    {{- '<｜tool▁calls▁end｜>' }}
                {%- endif %}
                {{- eos_token }}
            {%- elif message.role == 'tool' %}
                {{- '\n' if after_tool else '<｜tool▁outputs▁begin｜>' }}
                {{- '<｜tool▁output▁begin｜>' + message.content + '<｜tool▁output▁end｜>' }}
            {%- endif %}
        {%- endfor %}
        {%- if messages and messages[-1].role == 'tool' %}
            {{- '<｜tool▁outputs▁end｜>' }}

        """;

    /// <summary>The system turn, with a description of the tools in the words that Qwen was trained on.</summary>
    private const string ChatMarkupSystem =
        """
        {%- set system = messages[0].content if messages and messages[0].role == 'system' else '' %}
        {%- if tools %}
            {{- '<|im_start|>system\n' + (system + '\n\n' if system else '') }}
            {{- '# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with function signatures within <tools></tools> XML tags:\n<tools>' }}
            {%- for tool in tools %}
                {{- '\n' + tool | tojson }}
            {%- endfor %}
            {{- '\n</tools>\n\nFor each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call><|im_end|>\n' }}
        {%- elif system or (messages and messages[0].role == 'system') %}
            {{- '<|im_start|>system\n' + system + '<|im_end|>\n' }}
        {%- endif %}

        """;

    private const string ChatMarkupToolResult =
        """

                {%- if loop.first or loop.previtem.role != 'tool' %}
                    {{- '<|im_start|>user' }}
                {%- endif %}
                {{- '\n<tool_response>\n' + message.content + '\n</tool_response>' }}
                {%- if loop.last or loop.nextitem.role != 'tool' %}
                    {{- '<|im_end|>\n' }}
                {%- endif %}

        """;
}
