using System.Text;
using SeekSharp.Formats;

namespace SeekSharp.Tests.Formats;

/// <summary>Files that lie. Each must end in a sentence that says what is wrong, without allocating what it claims to hold.</summary>
public sealed class GgufHostileTests
{
    private const ulong Huge = 1UL << 63;

    private static readonly Dictionary<string, (string Expected, Func<byte[]> File)> Cases = new()
    {
        ["empty"] = ("the file is empty", () => []),
        ["three bytes"] = ("does not start with 'GGUF'", () => "GGU"u8.ToArray()),
        ["other format"] = ("does not start with 'GGUF'", () => "PK\u0003\u0004 and more"u8.ToArray()),
        ["magic alone"] = ("ends inside the version", () => "GGUF"u8.ToArray()),
        ["version 1"] = ("has version 1, not 2 or 3", () => new GgufBuilder { Version = 1 }.ToBytes()),
        ["version 4"] = ("has version 4, not 2 or 3", () => new GgufBuilder { Version = 4 }.ToBytes()),
        ["big endian"] = ("big-endian", () => new GgufBuilder { Version = 3u << 24 }.ToBytes()),
        ["no counts"] = ("ends inside tensors", () => [.. "GGUF"u8, 3, 0, 0, 0, 1]),
        ["huge tensor count"] = ("9223372036854775808 tensors do not fit", () => new GgufBuilder { TensorCount = Huge }.ToBytes()),
        ["huge key count"] = ("9223372036854775808 keys do not fit", () => new GgufBuilder { KeyCount = Huge }.ToBytes()),
        ["one key too many"] = ("ends inside", () => new GgufBuilder { KeyCount = 2 }.Set("a", new string('x', 99)).ToBytes()),
        ["one tensor too many"] = ("ends inside", () => new GgufBuilder { TensorCount = 2, Alignment = 1 }.Set("general.alignment", 1u).AddRaw("t", [1, 1, 1, 1], 0, null, new byte[4]).ToBytes()),
        ["huge key length"] = ("a key has 9223372036854775808 bytes", () => Raw(keys: 1, BitConverter.GetBytes(Huge), new byte[40])),
        ["empty key"] = ("a key has 0 characters", () => new GgufBuilder().SetRaw("", 4, 1, 0, 0, 0).ToBytes()),
        ["long key"] = ("a key has 70000 characters", () => new GgufBuilder().Set(new string('k', 70000), 1u).ToBytes()),
        ["key with escape codes"] = ("a key has control characters", () => new GgufBuilder().Set("a\u001b[31m", 1u).ToBytes()),
        ["duplicate key"] = ("key 'a' is there twice", () => new GgufBuilder().Set("a", 1u).Set("a", 2u).ToBytes()),
        ["unknown value type"] = ("key 'a' has the unknown type 13", () => new GgufBuilder().SetRaw("a", 13, new byte[8]).ToBytes()),
        ["unknown element type"] = ("key 'a' is an array of the unknown type 77", () => new GgufBuilder().SetRaw("a", 9, [77, 0, 0, 0, .. new byte[8]]).ToBytes()),
        ["value cut off"] = ("ends inside a", () => new GgufBuilder().SetRaw("a", 10, new byte[4]).ToBytes()),
        ["boolean 7"] = ("key 'a' holds 7 where a boolean", () => new GgufBuilder().SetRaw("a", 7, 7).ToBytes()),
        ["boolean 2 in array"] = ("key 'a' holds 2 where a boolean", () => new GgufBuilder().SetRaw("a", 9, [7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]).ToBytes()),
        ["huge text"] = ("'a' has 9223372036854775808 bytes", () => new GgufBuilder().SetRaw("a", 8, BitConverter.GetBytes(Huge)).ToBytes()),
        ["huge text array"] = ("9223372036854775808 elements of 'a' do not fit", () => new GgufBuilder().SetRaw("a", 9, [8, 0, 0, 0, .. BitConverter.GetBytes(Huge)]).ToBytes()),
        ["huge number array"] = ("2305843009213693953 elements of 'a' do not fit", () => new GgufBuilder().SetRaw("a", 9, [6, 0, 0, 0, .. BitConverter.GetBytes((1UL << 61) + 1), .. new byte[8]]).ToBytes()),
        ["text array cut off"] = ("ends inside a text of 'a'", () => new GgufBuilder().SetRaw("a", 9, [8, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, .. GgufBuilder.Text("123456789")]).ToBytes()),
        ["array bomb"] = ("arrays nested deeper than 4", () => new GgufBuilder().SetRaw("a", 9, Nested(1000)).ToBytes()),
        ["alignment 0"] = ("the alignment 0 is not a power of two", () => new GgufBuilder().Set("general.alignment", 0u).ToBytes()),
        ["alignment 48"] = ("the alignment 48 is not a power of two", () => new GgufBuilder().Set("general.alignment", 48u).ToBytes()),
        ["alignment negative"] = ("is not a power of two", () => new GgufBuilder().Set("general.alignment", int.MinValue).ToBytes()),
        ["alignment text"] = ("'general.alignment' is not an integer", () => new GgufBuilder().Set("general.alignment", "32").ToBytes()),
        ["no dimensions"] = ("tensor 't' has 0 dimensions", () => new GgufBuilder().AddRaw("t", [], 0, null, new byte[16]).ToBytes()),
        ["five dimensions"] = ("tensor 't' has 5 dimensions", () => new GgufBuilder().AddRaw("t", [1, 1, 1, 1, 1], 0, null, new byte[4]).ToBytes()),
        ["zero length"] = ("tensor 't' has a dimension of length 0", () => new GgufBuilder().AddRaw("t", [4, 0], 0, null, new byte[4]).ToBytes()),
        ["negative length"] = ("tensor 't' has a dimension of length 18446744073709551615", () => new GgufBuilder().AddRaw("t", [ulong.MaxValue], 0, null, new byte[4]).ToBytes()),
        ["overflowing product"] = ("more than any file can hold", () => new GgufBuilder().AddRaw("t", [1 << 30, 1 << 30, 1 << 30, 1 << 30], 0, null, new byte[4]).ToBytes()),
        ["product wraps to 4"] = ("more than any file can hold", () => new GgufBuilder().AddRaw("t", [1 << 30, 1 << 30, 16, 1 << 30], 0, null, new byte[4]).ToBytes()),
        ["larger than the file"] = ("needs 4000 bytes at offset 0, but the file has 32", () => new GgufBuilder().AddRaw("t", [1000], 0, null, new byte[4]).ToBytes()),
        ["offset behind the file"] = ("needs 4 bytes at offset 4096", () => new GgufBuilder().AddRaw("t", [1], 0, 4096, new byte[4]).ToBytes()),
        ["offset wraps"] = ("outside the file", () => new GgufBuilder().AddRaw("t", [1], 0, ulong.MaxValue - 31, new byte[4]).ToBytes()),
        ["offset nearly wraps"] = ("needs 4 bytes at offset 9223372036854775776", () => new GgufBuilder().AddRaw("t", [1], 0, long.MaxValue - 31, new byte[4]).ToBytes()),
        ["offset not aligned"] = ("offset 8, which is not a multiple of 32", () => new GgufBuilder().AddRaw("t", [1], 0, 8, new byte[64]).ToBytes()),
        ["overlap"] = ("tensors 'a' and 'b' overlap", () => new GgufBuilder().Add("a", [16]).AddRaw("b", [1], 0, 32, new byte[64]).ToBytes()),
        ["same place"] = ("overlap", () => new GgufBuilder().Add("a", [1]).AddRaw("b", [1], 0, 0, new byte[4]).ToBytes()),
        ["duplicate tensor"] = ("tensor 't' is there twice", () => new GgufBuilder().Add("t", [1]).Add("t", [1]).ToBytes()),
        ["empty tensor name"] = ("the name of a tensor has 0 characters", () => new GgufBuilder().Add("", [1]).ToBytes()),
        ["tensor name with line feed"] = ("the name of a tensor has control characters", () => new GgufBuilder().Add("a\nb", [1]).ToBytes()),
        ["IQ2_XXS"] = ("tensor 't' has the type IQ2_XXS, which is not supported", () => new GgufBuilder().AddRaw("t", [256], 16, null, new byte[66]).ToBytes()),
        ["MXFP4"] = ("tensor 't' has the type MXFP4, which is not supported", () => new GgufBuilder().AddRaw("t", [32], 39, null, new byte[17]).ToBytes()),
        ["type 999"] = ("tensor 't' has the type number 999, which is not supported", () => new GgufBuilder().AddRaw("t", [32], 999, null, new byte[32]).ToBytes()),
        ["ragged block"] = ("rows of 33 weights, which Q8_0 cannot cut into blocks of 32", () => new GgufBuilder().AddRaw("t", [33], 8, null, new byte[68]).ToBytes()),
        ["ragged K-block"] = ("rows of 128 weights, which Q4_K cannot cut into blocks of 256", () => new GgufBuilder().AddRaw("t", [128, 2], 12, null, new byte[144]).ToBytes()),
        ["data cut off"] = ("needs 4096 bytes at offset 0", () => new GgufBuilder().Add("t", [1024]).ToBytes()[..^100]),
        ["header cut off"] = ("ends inside tensor 't'", () => new GgufBuilder().Set("a", new string('x', 50)).AddRaw("t", [1], 0, null, []).ToBytes()[..^12]),
        ["split number too large"] = ("'split.no' 3 and 'split.count' 2 contradict", () => new GgufBuilder().Set("split.no", (ushort)3).Set("split.count", (ushort)2).ToBytes()),
        ["split count negative"] = ("contradict each other", () => new GgufBuilder().Set("split.count", -1).ToBytes()),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_lie_is_told_in_one_sentence(string name)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("model.gguf", Cases[name].File());
        long before = GC.GetAllocatedBytesForCurrentThread();
        ModelFormatException exception = Assert.Throws<ModelFormatException>(() => ModelFile.Open(path));
        Assert.Contains(Cases[name].Expected, exception.Message, StringComparison.Ordinal);
        Assert.StartsWith(path, exception.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Text_that_is_not_utf8_is_replaced()
    {
        using TemporaryFolder folder = new();
        using GgufFile file = GgufFile.Open(folder.Write("model.gguf", new GgufBuilder().SetRaw("a", 8, [1, 0, 0, 0, 0, 0, 0, 0, 0xFF]).ToBytes()));
        Assert.Equal("\uFFFD", file.Metadata.GetString("a"));
    }

    private static byte[] Raw(ulong keys, params byte[][] parts) =>
        [.. Encoding.ASCII.GetBytes("GGUF"), .. BitConverter.GetBytes(3), .. BitConverter.GetBytes(0UL), .. BitConverter.GetBytes(keys), .. parts.SelectMany(part => part)];

    private static byte[] Nested(int depth) =>
        [.. Enumerable.Repeat<byte[]>([9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], depth).SelectMany(level => level)];
}
