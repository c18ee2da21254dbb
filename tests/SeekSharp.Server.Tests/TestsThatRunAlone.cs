namespace SeekSharp.Server.Tests;

/// <summary>Tests that measure memory or time of this process: no other runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TestsThatRunAlone
{
    public const string Name = "Alone";
}
