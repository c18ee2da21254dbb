namespace SeekSharp.Training.Tasks.Families;

/// <summary>Two numbers that an operation is carried out on.</summary>
internal readonly record struct Operands(long Left, long Right);
