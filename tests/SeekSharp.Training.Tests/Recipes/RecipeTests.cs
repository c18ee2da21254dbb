using SeekSharp.Training.Recipes;

namespace SeekSharp.Training.Tests.Recipes;

public sealed class RecipeTests
{
    public static TheoryData<string> Shipped => new("shipped.json", "smoke.json", "dense-vs-moe.json", "reinforcement.json");

    [Theory]
    [MemberData(nameof(Shipped))]
    public void Recipes_of_the_repository_are_read_and_written(string name)
    {
        Recipe recipe = Recipe.Read(Path.Combine(RepositoryFolder.Path, "recipes", name));
        string json = recipe.ToJson();
        Assert.Equal(json, Recipe.Parse("copy", json).ToJson());
    }

    [Fact]
    public void The_shipped_recipe_keeps_its_budget()
    {
        const double StepsPerMinute = 300; // two idle cores of Zen 5: 21,000 to 26,000 tokens a second, 4,096 a step
        Recipe recipe = Recipe.Read(Path.Combine(RepositoryFolder.Path, "recipes", "shipped.json"));
        double[] minutes = [.. recipe.Stages.Select(stage => stage switch { TrainRecipe train => train.Minutes ?? train.Steps!.Value / StepsPerMinute, SampleRecipe sample => sample.Minutes!.Value, _ => 0 })];
        Assert.True(minutes.Max() <= 75);
        Assert.True(minutes.Sum() <= 135); // the rest is for evaluations
    }

    [Fact]
    public void What_a_recipe_leaves_out_has_a_default()
    {
        Recipe recipe = Recipe.Parse("test", """{ /* short */ "stages": [ { "stage": "sft", "steps": 3, }, ] }""");
        var sft = Assert.IsType<SftRecipe>(recipe.Stages[0]);
        Assert.Equal(("sft", 3, 4e-3, 4096, true), (sft.Name, sft.Steps!.Value, sft.LearningRate, sft.BatchTokens, sft.OptimizerOptions.UsesMuon));
    }

    [Theory]
    [InlineData("{}", "there are no stages")]
    [InlineData("null", "is null")]
    [InlineData("{", "no JSON")]
    [InlineData("""{"stages": [{"stage": "sft", "steps": 1, "lerning_rate": 1}]}""", "there is no setting 'stages[0].lerning_rate'")]
    [InlineData("""{"stages": [{"stage": "cook"}]}""", "must be one of tokenizer, pretrain")]
    [InlineData("""{"stages": [{"steps": 1}]}""", "must be one of tokenizer, pretrain")]
    [InlineData("""{"stages": [{"stage": "sft", "steps": "many"}]}""", "'stages[0].steps' has a value of the wrong kind")]
    [InlineData("""{"stages": [{"stage": "sft"}]}""", "'minutes' must be given")]
    [InlineData("""{"stages": [{"stage": "sft", "steps": 1, "minutes": 1}]}""", "exclude each other")]
    [InlineData("""{"stages": [{"stage": "sft", "steps": 0}]}""", "is 0; it must be from 1")]
    [InlineData("""{"stages": [{"stage": "sft", "steps": 1, "tasks": {"cooking": 1}}]}""", "is no task; there are addition")]
    [InlineData("""{"stages": [{"stage": "sft", "steps": 1, "tasks": {"addition": -1}}]}""", "a weight is a positive number")]
    [InlineData("""{"stages": [{"stage": "sft", "steps": 1}, {"stage": "sft", "steps": 1}]}""", "as that of another stage")]
    [InlineData("""{"stages": [{"stage": "sft", "steps": 1, "name": "../x"}]}""", "made of letters")]
    [InlineData("""{"stages": [{"stage": "sft", "steps": 1, "name": ".."}]}""", "made of letters")]
    [InlineData("""{"stages": [{"stage": "pretrain", "steps": 1}]}""", "or 'from' must be given")]
    [InlineData("""{"stages": [{"stage": "pretrain", "steps": 1, "model": {"size": "xxl"}}]}""", "must be one of xs, s, m, l")]
    [InlineData("""{"stages": [{"stage": "eval", "samples": 4}]}""", "pass@8 needs at least 8")]
    [InlineData("""{"stages": [null]}""", "null")]
    [InlineData("""{"stages": [{"stage": "sft", "steps": 1, "samples": null}]}""", "stages[0].samples")]
    public void A_wrong_recipe_ends_in_one_sentence(string text, string expected)
    {
        RecipeException exception = Assert.Throws<RecipeException>(() => Recipe.Parse("test.json", text));
        Assert.StartsWith("test.json", exception.Message, StringComparison.Ordinal);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }
}
