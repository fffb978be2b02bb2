using System.Security.Cryptography;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer.Tests.Streaming;

public sealed class DataFileTests
{
    private static byte[] Bytes(int count, byte value) => Enumerable.Repeat(value, count).ToArray();

    private static (byte[] Content, OutputFile File) Finish(MemorySink sink, DataFile data)
    {
        var file = data.Complete()!;
        data.Dispose();
        sink.Complete([file]);
        return (sink.Files["weights"], file);
    }

    [Fact]
    public void Put_TensorsInTurns_LieInTheOrderOfTheirAnnouncement()
    {
        var sink = new MemorySink();
        var data = new DataFile(sink, "weights");
        var (codes, scales) = (data.Announce(200, inOrder: true), data.Announce(100, inOrder: true));
        codes.Put(Bytes(100, 1), 0);
        scales.Put(Bytes(50, 3), 0);
        codes.Put(Bytes(100, 2), 100);
        scales.Put(Bytes(50, 4), 50);

        var (content, _) = Finish(sink, data);

        Assert.Equal((0, 256), (codes.Offset, scales.Offset));
        Assert.Equal([.. Bytes(100, 1), .. Bytes(100, 2), .. Bytes(56, 0), .. Bytes(50, 3), .. Bytes(50, 4)], content);
    }

    // Up to 4 MiB wait in memory, more in a temporary file.
    [Theory]
    [InlineData(1 << 10)]
    [InlineData(5 << 20)]
    public void Put_PiecesOutOfOrder_AreWrittenInOrder(int piece)
    {
        var sink = new MemorySink();
        var data = new DataFile(sink, "weights");
        var slot = data.Announce(3L * piece, inOrder: false);
        slot.Put(Bytes(piece, 3), 2L * piece);
        slot.Put(Bytes(piece, 1), 0);
        slot.Put(Bytes(piece, 2), piece);

        var (content, file) = Finish(sink, data);

        Assert.Equal([1, 2, 3], new[] { content[0], content[piece], content[^1] });
        Assert.Equal(3L * piece, file.Bytes);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), file.Sha256);
    }

    [Fact]
    public void Put_LargeTensor_BeginsOnAPage()
    {
        var sink = new MemorySink();
        var data = new DataFile(sink, "weights");
        data.Announce(10, inOrder: true).Put(Bytes(10, 1), 0);
        var large = data.Announce(1 << 20, inOrder: true);
        large.Put(Bytes(1 << 20, 2), 0);

        var (content, _) = Finish(sink, data);

        Assert.Equal(4096, large.Offset);
        Assert.Equal(4096 + (1 << 20), content.Length);
    }

    [Fact]
    public void Complete_TensorThatWasNotWritten_Throws()
    {
        using var data = new DataFile(new MemorySink(), "weights");
        data.Announce(10, inOrder: true).Put(Bytes(5, 1), 0);
        Assert.Throws<InvalidOperationException>(data.Complete);
    }

    [Fact]
    public void Complete_NothingAnnounced_MakesNoFile()
    {
        using var sink = new MemorySink();
        using var data = new DataFile(sink, "weights");
        Assert.Null(data.Complete());
    }
}
