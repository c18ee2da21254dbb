using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SeekSharp.Kernels;

/// <summary>A register of floats. Operations are written once over it and compiled for each width.</summary>
internal unsafe interface IFloatVector<TSelf> where TSelf : struct, IFloatVector<TSelf>
{
    /// <summary>Floats in one register.</summary>
    static abstract int Count { get; }
    static abstract TSelf Load(float* source);
    static abstract TSelf Broadcast(float value);
    static abstract TSelf Add(TSelf left, TSelf right);
    static abstract TSelf Subtract(TSelf left, TSelf right);
    static abstract TSelf Multiply(TSelf left, TSelf right);
    static abstract TSelf Divide(TSelf left, TSelf right);
    static abstract TSelf Max(TSelf left, TSelf right);
    /// <summary>left x right + addend with one rounding.</summary>
    static abstract TSelf MultiplyAdd(TSelf left, TSelf right, TSelf addend);
    static abstract TSelf Exp(TSelf value);
    /// <summary>Sum of the lanes, always in the same order.</summary>
    static abstract float Sum(TSelf value);
    static abstract float MaxLane(TSelf value);
    void Store(float* destination);
}

/// <summary>One float: the plain loop that the wider versions are compared with.</summary>
internal readonly unsafe struct Float1(float value) : IFloatVector<Float1>
{
    private readonly float _value = value;

    public static int Count => 1;
    public static Float1 Load(float* source) => new(*source);
    public static Float1 Broadcast(float value) => new(value);
    public static Float1 Add(Float1 left, Float1 right) => new(left._value + right._value);
    public static Float1 Subtract(Float1 left, Float1 right) => new(left._value - right._value);
    public static Float1 Multiply(Float1 left, Float1 right) => new(left._value * right._value);
    public static Float1 Divide(Float1 left, Float1 right) => new(left._value / right._value);
    public static Float1 Max(Float1 left, Float1 right) => new(MathF.Max(left._value, right._value));
    public static Float1 MultiplyAdd(Float1 left, Float1 right, Float1 addend) =>
        new(MathF.FusedMultiplyAdd(left._value, right._value, addend._value));
    public static Float1 Exp(Float1 value) => new(MathF.Exp(value._value));
    public static float Sum(Float1 value) => value._value;
    public static float MaxLane(Float1 value) => value._value;
    public void Store(float* destination) => *destination = _value;
}

/// <summary>Four floats.</summary>
internal readonly unsafe struct Float4(Vector128<float> value) : IFloatVector<Float4>
{
    private readonly Vector128<float> _value = value;

    public static int Count => 4;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Load(float* source) => new(Vector128.Load(source));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Broadcast(float value) => new(Vector128.Create(value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Add(Float4 left, Float4 right) => new(left._value + right._value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Subtract(Float4 left, Float4 right) => new(left._value - right._value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Multiply(Float4 left, Float4 right) => new(left._value * right._value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Divide(Float4 left, Float4 right) => new(left._value / right._value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Max(Float4 left, Float4 right) => new(Vector128.Max(left._value, right._value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 MultiplyAdd(Float4 left, Float4 right, Float4 addend) =>
        new(Vector128.FusedMultiplyAdd(left._value, right._value, addend._value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Exp(Float4 value) => new(Vector128.Exp(value._value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Float4 value) => Vector128.Sum(value._value);
    public static float MaxLane(Float4 value)
    {
        float most = value._value[0];
        for (int i = 1; i < 4; i++) most = MathF.Max(most, value._value[i]);
        return most;
    }
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination) => _value.Store(destination);
}

/// <summary>Eight floats.</summary>
internal readonly unsafe struct Float8(Vector256<float> value) : IFloatVector<Float8>
{
    private readonly Vector256<float> _value = value;

    public static int Count => 8;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float8 Load(float* source) => new(Vector256.Load(source));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float8 Broadcast(float value) => new(Vector256.Create(value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float8 Add(Float8 left, Float8 right) => new(left._value + right._value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float8 Subtract(Float8 left, Float8 right) => new(left._value - right._value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float8 Multiply(Float8 left, Float8 right) => new(left._value * right._value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float8 Divide(Float8 left, Float8 right) => new(left._value / right._value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float8 Max(Float8 left, Float8 right) => new(Vector256.Max(left._value, right._value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float8 MultiplyAdd(Float8 left, Float8 right, Float8 addend) =>
        new(Vector256.FusedMultiplyAdd(left._value, right._value, addend._value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float8 Exp(Float8 value) => new(Vector256.Exp(value._value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Float8 value) => Vector128.Sum(value._value.GetLower() + value._value.GetUpper());
    public static float MaxLane(Float8 value) =>
        Float4.MaxLane(new Float4(Vector128.Max(value._value.GetLower(), value._value.GetUpper())));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination) => _value.Store(destination);
}

/// <summary>Sixteen floats.</summary>
internal readonly unsafe struct Float16(Vector512<float> value) : IFloatVector<Float16>
{
    private readonly Vector512<float> _value = value;

    public static int Count => 16;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float16 Load(float* source) => new(Vector512.Load(source));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float16 Broadcast(float value) => new(Vector512.Create(value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float16 Add(Float16 left, Float16 right) => new(left._value + right._value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float16 Subtract(Float16 left, Float16 right) => new(left._value - right._value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float16 Multiply(Float16 left, Float16 right) => new(left._value * right._value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float16 Divide(Float16 left, Float16 right) => new(left._value / right._value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float16 Max(Float16 left, Float16 right) => new(Vector512.Max(left._value, right._value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float16 MultiplyAdd(Float16 left, Float16 right, Float16 addend) =>
        new(Vector512.FusedMultiplyAdd(left._value, right._value, addend._value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float16 Exp(Float16 value) => new(Vector512.Exp(value._value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Float16 value) => Float8.Sum(new Float8(value._value.GetLower() + value._value.GetUpper()));
    public static float MaxLane(Float16 value) => Float8.MaxLane(new Float8(Vector256.Max(value._value.GetLower(), value._value.GetUpper())));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination) => _value.Store(destination);
}
