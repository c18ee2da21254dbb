namespace SeekSharp.Templates.Jinja;

/// <summary>Variables of a block; inner scopes see outer ones but assign only their own.</summary>
internal sealed class Scope(Scope? parent)
{
    private Dictionary<string, Value>? _variables;

    internal void Set(string name, Value value) => (_variables ??= new(StringComparer.Ordinal))[name] = value;

    internal Value? Find(string name)
    {
        for (Scope? scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope._variables is not null && scope._variables.TryGetValue(name, out Value? value)) return value;
        }

        return null;
    }

    private Scope? Parent => parent;
}
