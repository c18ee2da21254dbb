using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SeekSharp.Formats;
using SeekSharp.Training.Models;
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace SeekSharp.Training.Operations;

/// <summary>
/// Queries, keys and values of latent attention head by head (DeepSeek-V3 §2.1.1, equations 3 to 9): q = [q_nope ; RoPE(q_rotary)],
/// k = [k_nope ; RoPE(shared rotary key)].
/// </summary>
internal static class LatentHeadsOperation
{
    /// <param name="query">[tokens, heads · (nope + rotary)].</param>
    /// <param name="keyValue">[tokens, heads · (nope + value)].</param>
    /// <param name="sharedKey">[tokens, rotary].</param>
    /// <param name="rotary">Cosines and sines.</param>
    /// <param name="dimensions">Rows and length of the batch.</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="latent">Lengths of the parts.</param>
    /// <returns>Queries and keys [rows, heads, length, nope + rotary], values [rows, heads, length, value].</returns>
    public static (Tensor Queries, Tensor Keys, Tensor Values) Apply(
        Tensor query, Tensor keyValue, Tensor sharedKey, RotaryTable rotary, Dimensions dimensions, int heads, LatentAttentionConfig latent)
    {
        if (!Fused.Supports(query) || rotary.Pairing != RotaryPairing.Interleaved) return Plain(query, keyValue, sharedKey, rotary, dimensions, heads, latent);
        List<Tensor> results = Function.apply(query, keyValue, sharedKey, rotary, dimensions, heads, latent);
        return (results[0], results[1], results[2]);
    }

    public static (Tensor Queries, Tensor Keys, Tensor Values) Plain(
        Tensor query, Tensor keyValue, Tensor sharedKey, RotaryTable rotary, Dimensions dimensions, int heads, LatentAttentionConfig latent)
    {
        (int rows, int length) = dimensions;
        (_, _, int nope, int rotated, int value) = latent;
        query = query.view(rows, length, heads, nope + rotated);
        keyValue = keyValue.view(rows, length, heads, nope + value);
        Tensor queries = cat([query.narrow(-1, 0, nope), rotary.Rotate(query.narrow(-1, nope, rotated))], -1);
        Tensor turnedKey = rotary.Rotate(sharedKey.reshape(rows, length, 1, rotated)).expand(rows, length, heads, rotated);
        Tensor keys = cat([keyValue.narrow(-1, 0, nope), turnedKey], -1);
        return (queries.transpose(1, 2), keys.transpose(1, 2), keyValue.narrow(-1, nope, value).transpose(1, 2));
    }

    private sealed unsafe class Function : MultiTensorFunction<Function>
    {
        public override string Name => nameof(LatentHeadsOperation);

        public override List<Tensor> forward(AutogradContext context, params object[] arguments)
        {
            Tensor query = ((Tensor)arguments[0]).contiguous(), keyValue = ((Tensor)arguments[1]).contiguous(), sharedKey = ((Tensor)arguments[2]).contiguous();
            var rotary = (RotaryTable)arguments[3];
            Shape shape = new((Dimensions)arguments[4], (int)arguments[5], (LatentAttentionConfig)arguments[6]);
            context.save_for_backward([rotary.Cosines, rotary.Sines]);
            context.save_data("shape", shape);
            long rows = shape.Dimensions.Rows, length = shape.Dimensions.Length;
            Tensor queries = Fused.Empty([rows, shape.Heads, length, shape.KeyLength], query.dtype), keys = Fused.Empty(queries.shape, query.dtype);
            Tensor values = Fused.Empty([rows, shape.Heads, length, shape.ValueLength], query.dtype);
            if (query.dtype == ScalarType.Float32) Forward<Float32Element>(shape, rotary.Cosines, rotary.Sines, query, keyValue, sharedKey, queries, keys, values);
            else Forward<BFloat16Element>(shape, rotary.Cosines, rotary.Sines, query, keyValue, sharedKey, queries, keys, values);
            return [queries, keys, values];
        }

        public override List<Tensor> backward(AutogradContext context, List<Tensor> gradients)
        {
            var shape = (Shape)context.get_data("shape");
            List<Tensor> angles = context.get_saved_variables();
            ScalarType type = gradients[0].dtype;
            long tokens = shape.Dimensions.Tokens;
            Tensor query = Fused.Empty([tokens, shape.Heads * shape.KeyLength], type), sharedKey = Fused.Empty([tokens, shape.Rotated], type);
            Tensor keyValue = Fused.Empty([tokens, shape.Heads * (shape.Nope + shape.ValueLength)], type);
            Tensor queries = gradients[0].contiguous(), keys = gradients[1].contiguous(), values = gradients[2].contiguous();
            if (type == ScalarType.Float32) Backward<Float32Element>(shape, angles[0], angles[1], query, keyValue, sharedKey, queries, keys, values);
            else Backward<BFloat16Element>(shape, angles[0], angles[1], query, keyValue, sharedKey, queries, keys, values);
            return [query, keyValue, sharedKey, null!, null!, null!, null!];
        }

        private sealed record Shape(Dimensions Dimensions, int Heads, LatentAttentionConfig Latent)
        {
            public int Nope => Latent.NopeDimension;
            public int Rotated => Latent.RotaryDimension;
            public int ValueLength => Latent.ValueDimension;
            public int KeyLength => Nope + Rotated;

            /// <summary>Where head 0 of a token lies in [rows, heads, length, ...], counted in vectors.</summary>
            public nint FirstVector(int token) => (nint)(token / Dimensions.Length) * Heads * Dimensions.Length + token % Dimensions.Length;
        }

        private static void Forward<T>(
            Shape shape, Tensor angleCosines, Tensor angleSines, Tensor query, Tensor keyValue, Tensor sharedKey, Tensor queries, Tensor keys, Tensor values) where T : struct, IElement
        {
            byte* q = Fused.Pointer(query), kv = Fused.Pointer(keyValue), shared = Fused.Pointer(sharedKey);
            byte* outQ = Fused.Pointer(queries), outK = Fused.Pointer(keys), outV = Fused.Pointer(values);
            float* cosines = (float*)Fused.Pointer(angleCosines), sines = (float*)Fused.Pointer(angleSines);
            (int nope, int rotated, int value, int keyLength, int heads, int length) = (shape.Nope, shape.Rotated, shape.ValueLength, shape.KeyLength, shape.Heads, shape.Dimensions.Length);
            Fused.ForRows(shape.Dimensions.Tokens, (start, end, _) =>
            {
                byte* turned = stackalloc byte[rotated * T.Size];
                for (int token = start; token < end; token++)
                {
                    float* cosine = cosines + token % length * (rotated / 2), sine = sines + token % length * (rotated / 2);
                    Turn<T>(shared + (nint)token * rotated * T.Size, turned, cosine, sine, rotated, 1);
                    for (int head = 0; head < heads; head++)
                    {
                        nint vector = shape.FirstVector(token) + (nint)head * length;
                        byte* fromQ = q + ((nint)token * heads + head) * keyLength * T.Size, fromKv = kv + ((nint)token * heads + head) * (nope + value) * T.Size;
                        byte* toQ = outQ + vector * keyLength * T.Size, toK = outK + vector * keyLength * T.Size;
                        Copy<T>(fromQ, toQ, nope);
                        Turn<T>(fromQ + nope * T.Size, toQ + nope * T.Size, cosine, sine, rotated, 1);
                        Copy<T>(fromKv, toK, nope);
                        Copy<T>(turned, toK + nope * T.Size, rotated);
                        Copy<T>(fromKv + nope * T.Size, outV + vector * value * T.Size, value);
                    }
                }
            });
        }

        private static void Backward<T>(
            Shape shape, Tensor angleCosines, Tensor angleSines, Tensor query, Tensor keyValue, Tensor sharedKey, Tensor queries, Tensor keys, Tensor values) where T : struct, IElement
        {
            byte* q = Fused.Pointer(query), kv = Fused.Pointer(keyValue), shared = Fused.Pointer(sharedKey);
            byte* inQ = Fused.Pointer(queries), inK = Fused.Pointer(keys), inV = Fused.Pointer(values);
            float* cosines = (float*)Fused.Pointer(angleCosines), sines = (float*)Fused.Pointer(angleSines);
            (int nope, int rotated, int value, int keyLength, int heads, int length) = (shape.Nope, shape.Rotated, shape.ValueLength, shape.KeyLength, shape.Heads, shape.Dimensions.Length);
            Fused.ForRows(shape.Dimensions.Tokens, (start, end, _) =>
            {
                float* sum = stackalloc float[rotated + Elements.Step];
                for (int token = start; token < end; token++)
                {
                    float* cosine = cosines + token % length * (rotated / 2), sine = sines + token % length * (rotated / 2);
                    new Span<float>(sum, rotated).Clear();
                    for (int head = 0; head < heads; head++)
                    {
                        nint vector = shape.FirstVector(token) + (nint)head * length;
                        byte* toQ = q + ((nint)token * heads + head) * keyLength * T.Size, toKv = kv + ((nint)token * heads + head) * (nope + value) * T.Size;
                        byte* fromQ = inQ + vector * keyLength * T.Size, fromK = inK + vector * keyLength * T.Size;
                        Copy<T>(fromQ, toQ, nope);
                        Turn<T>(fromQ + nope * T.Size, toQ + nope * T.Size, cosine, sine, rotated, -1);
                        Copy<T>(fromK, toKv, nope);
                        Copy<T>(inV + vector * value * T.Size, toKv + nope * T.Size, value);
                        for (nint i = 0; i < rotated; i += Elements.Step)
                            Elements.Store<Float32Element>((byte*)sum, i, Elements.Load<Float32Element>((byte*)sum, i, rotated - i) + Elements.Load<T>(fromK + nope * T.Size, i, rotated - i), rotated - i);
                    }

                    // All heads turned the same key: their gradients are added, then turned back.
                    Turn<Float32Element>((byte*)sum, (byte*)sum, cosine, sine, rotated, -1);
                    for (nint i = 0; i < rotated; i += Elements.Step)
                        Elements.Store<T>(shared + (nint)token * rotated * T.Size, i, Elements.Load<Float32Element>((byte*)sum, i, rotated - i), rotated - i);
                }
            });
        }

        private static void Copy<T>(byte* from, byte* to, int count) where T : struct, IElement => Unsafe.CopyBlockUnaligned(to, from, (uint)(count * T.Size));

        /// <summary>Turns neighbours (x, y) by the angle of their pair, or back with <paramref name="direction"/> -1.</summary>
        private static void Turn<T>(byte* from, byte* to, float* cosines, float* sines, int count, float direction) where T : struct, IElement
        {
            Vector512<int> pairs = Vector512<int>.Indices >> 1, partners = Vector512<int>.Indices ^ Vector512<int>.One;
            Vector512<float> signs = Vector512.ConditionalSelect(Vector512.Equals(Vector512<int>.Indices & Vector512<int>.One, Vector512<int>.Zero).AsSingle(), Vector512.Create(-direction), Vector512.Create(direction));
            for (nint i = 0; i < count; i += Elements.Step)
            {
                Vector512<float> values = Elements.Load<T>(from, i, count - i);
                Vector512<float> cosine = Spread(cosines + i / 2, (count - i) / 2), sine = Spread(sines + i / 2, (count - i) / 2);
                Elements.Store<T>(to, i, values * cosine + Vector512.Shuffle(values, partners) * sine * signs, count - i);
            }

            Vector512<float> Spread(float* angles, nint left)
            {
                Vector512<float> eight = Elements.Load<Float32Element>((byte*)angles, 0, Math.Min(left, 8));
                return Vector512.Shuffle(eight, pairs);
            }
        }
    }
}
