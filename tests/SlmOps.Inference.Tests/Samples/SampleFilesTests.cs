using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using SlmOps.Inference.Samples;
using SlmOps.Inference.Tests.Graphs;

namespace SlmOps.Inference.Tests.Samples;

public sealed class SampleFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Save(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder.Path, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static byte[] Npy(string header, byte[] data)
    {
        var text = header.PadRight(118 - 10 - 1) + "\n";
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)text.Length, 0, .. Encoding.ASCII.GetBytes(text), .. data];
    }

    private static byte[] Longs(params long[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    private IReadOnlyDictionary<string, SampleArray> One(string name, byte[] bytes, SampleLimits? limits = null) =>
        Assert.Single(SampleFiles.Read([Save(name, bytes)], limits ?? new()));

    private string Refused(string name, byte[] bytes, SampleLimits? limits = null) =>
        Assert.Throws<SampleFilesException>(() => One(name, bytes, limits)).Message;

    [Fact]
    public void Read_Npy_HasShapeAndValues()
    {
        var array = One("ids.npy", Npy("{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3), }", Longs(1, -2, 3, 4, 5, 6)))["ids"];
        Assert.Equal([2, 3], array.Shape);
        Assert.Equal([1, -2, 3, 4, 5, 6], array.Values);
    }

    [Theory]
    [InlineData("<f4", "0000803f", 1)]
    [InlineData(">f4", "3f800000", 1)]
    [InlineData("<f2", "003c", 1)]
    [InlineData("<f8", "000000000000f03f", 1)]
    [InlineData("|u1", "ff", 255)]
    [InlineData("|i1", "ff", -1)]
    [InlineData("|b1", "01", 1)]
    [InlineData("<u2", "ffff", 65535)]
    [InlineData(">i4", "fffffffe", -2)]
    public void Read_EachElementType_GivesItsValue(string type, string hex, double value)
    {
        var array = One("x.npy", Npy($"{{'descr': '{type}', 'fortran_order': False, 'shape': (), }}", Convert.FromHexString(hex)))["x"];
        Assert.Empty(array.Shape);
        Assert.Equal([value], array.Values);
    }

    [Fact]
    public void Read_Npz_IsOneSetOfNamedArrays()
    {
        using var file = new MemoryStream();
        using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var name in (string[])["input_ids.npy", "attention_mask.npy"])
            {
                using var entry = archive.CreateEntry(name).Open();
                entry.Write(Npy("{'descr': '<i8', 'fortran_order': False, 'shape': (1, 2), }", Longs(7, 8)));
            }
        }

        Assert.Equal(["attention_mask", "input_ids"], One("s.npz", file.ToArray()).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Read_Json_IsASetOrSeveral()
    {
        var sets = SampleFiles.Read(
            [Save("s.json", """[{"x": [[1, 2.5], [3, 4]], "flag": true}, {"x": [[5, 6]], "flag": false}]"""u8.ToArray())],
            new());
        Assert.Equal(2, sets.Count);
        Assert.Equal([2, 2], sets[0]["x"].Shape);
        Assert.Equal([1, 2.5, 3, 4], sets[0]["x"].Values);
        Assert.Equal([1], sets[0]["flag"].Values);
        Assert.Empty(sets[1]["flag"].Shape);
    }

    [Theory]
    [InlineData("""{"x": [[1, 2], [3]]}""", "not all of one length")]
    [InlineData("""{"x": ["a"]}""", "not all of one length")]
    [InlineData("""{"x": [[1], 2]}""", "not all of one length")]
    [InlineData("[1]", "no object")]
    [InlineData("{", "not valid")]
    [InlineData("""{"x": [[[[[[[[[[[[1]]]]]]]]]]]]}""", "not valid")]
    [InlineData("""{"x": 1, "x": 2}""", "not valid")]
    public void Read_BrokenJson_IsRefused(string json, string says) =>
        Assert.Contains(says, Refused("s.json", Encoding.UTF8.GetBytes(json)), StringComparison.Ordinal);

    [Theory]
    [InlineData("{'descr': '<i8', 'fortran_order': True, 'shape': (1,), }", "Fortran")]
    [InlineData("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "'|O'")]
    [InlineData("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", "'<c8'")]
    [InlineData("{'fortran_order': False, 'shape': (1,), }", "'descr'")]
    [InlineData("{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }", "cut off")]
    [InlineData("{'descr': '<i8', 'fortran_order': False, 'shape': (4000000000, 4000000000), }", "elements")]
    [InlineData("{'descr': '<i8', 'fortran_order': False, 'shape': (99999999999,), }", "too large")]
    [InlineData("{'descr': '<i8', 'fortran_order': False, 'shape': (-1,), }", "'shape'")]
    [InlineData("{'descr': '<i8', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }", "dimensions")]
    public void Read_HostileArray_IsRefusedBeforeItIsMade(string header, string says) =>
        Assert.Contains(says, Refused("x.npy", Npy(header, Longs(1))), StringComparison.Ordinal);

    [Fact]
    public void Read_BeyondTheLimits_IsRefused()
    {
        var array = Npy("{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }", Longs(1, 2, 3));
        Assert.Contains("more than 2 elements", Refused("x.npy", array, new() { MaxElements = 2 }), StringComparison.Ordinal);
        Assert.Contains("at most 10 are read", Refused("x.npy", array, new() { MaxFileBytes = 10 }), StringComparison.Ordinal);
        Assert.Contains(
            "more than 2 elements",
            Refused("x.json", "{\"x\": [1, 2, 3]}"u8.ToArray(), new() { MaxElements = 2 }),
            StringComparison.Ordinal);
        Assert.Contains(
            "more than 1 sets",
            Assert
                .Throws<SampleFilesException>(() => SampleFiles.Read([Save("a.npy", array), Save("b.npy", array)], new() { MaxSets = 1 }))
                .Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x.npy", "no NumPy array")]
    [InlineData("x.npz", "no zip archive")]
    [InlineData("x.txt", "'.txt' is no kind")]
    public void Read_OtherFile_IsRefused(string name, string says) =>
        Assert.Contains(says, Refused(name, new byte[64]), StringComparison.Ordinal);

    [Fact]
    public void Read_MissingFile_IsRefused() =>
        Assert.Contains(
            "no such file",
            Assert.Throws<SampleFilesException>(() => SampleFiles.Read([Path.Combine(_folder.Path, "none.npy")], new())).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Read_HeaderOfVersionTwo_IsRead()
    {
        var text = Encoding.ASCII.GetBytes("{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }\n");
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
        Assert.Equal([9], One("x.npy", [0x93, .. "NUMPY"u8, 2, 0, .. length, .. text, .. Longs(9)])["x"].Values);
        BinaryPrimitives.WriteUInt32LittleEndian(length, uint.MaxValue);
        Assert.Contains(
            "claims 4294967295 bytes",
            Refused("y.npy", [0x93, .. "NUMPY"u8, 2, 0, .. length, .. text]),
            StringComparison.Ordinal);
    }
}
