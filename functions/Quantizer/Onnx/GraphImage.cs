using System.Runtime.InteropServices;

namespace SlmOps.Quantizer.Onnx;

/// <summary>
/// A model file of a source as if it were in memory, but for the data of its large tensors: memory is set aside for the whole
/// file and filled only where the graph is, so that what was never filled takes none.
/// </summary>
internal sealed unsafe class GraphImage : IDisposable
{
    /// <summary>Data of a tensor that is not loaded with the graph has at least so many bytes.</summary>
    internal const int LeastHole = 64 << 10;

    private const int Block = 64 << 10;
    private const int WholeBytes = 4 << 20;
    private const int MostAtOnce = 4 << 20;
    private const int LongestHead = 20;

    private readonly IModelSource _source;
    private readonly string _name;
    private readonly int _length;
    private readonly bool[] _loaded;
    private byte* _start;

    /// <param name="source">Where the file lies.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="length">Its bytes.</param>
    internal GraphImage(IModelSource source, string name, int length)
    {
        (_source, _name, _length) = (source, name, length);
        _loaded = new bool[(length / Block) + 1];
        _start = (byte*)NativeMemory.AllocZeroed((nuint)length);
    }

    private enum Kind
    {
        Other,
        Model,
        Graph,
        Function,
        Node,
        Attribute,
        Tensor,
    }

    internal ReadOnlySpan<byte> Span => new(_start, _length);

    /// <summary>Loads all but the holes. Bytes that are no model are loaded as far as they look like one.</summary>
    /// <param name="maxDepth">Graphs within graphs; the parser refuses what is deeper.</param>
    internal void Load(int maxDepth)
    {
        if (_length <= WholeBytes)
        {
            Fill(0, _length);
        }
        else
        {
            Walk(0, _length, Kind.Model, (3 * maxDepth) + 8);
        }
    }

    /// <summary>True when every byte of a stretch is loaded.</summary>
    internal bool Has(int start, int length)
    {
        for (var block = start / Block; length > 0 && block <= (start + length - 1) / Block; block++)
        {
            if (!_loaded[block])
            {
                return false;
            }
        }

        return true;
    }

    public void Dispose()
    {
        NativeMemory.Free(_start);
        _start = null;
    }

    private bool Walk(int at, int end, Kind kind, int depth)
    {
        while (at < end)
        {
            Fill(at, Math.Min(LongestHead, end - at));
            var head = Span[at..end];
            if (!TryVarint(ref head, out var tag) || tag >> 3 is 0 or > int.MaxValue || depth == 0)
            {
                return false;
            }

            ulong length = 0;
            var known = (tag & 7) switch
            {
                0 => TryVarint(ref head, out _),
                1 => (length = 8) > 0,
                2 => TryVarint(ref head, out length),
                5 => (length = 4) > 0,
                _ => false,
            };
            var content = end - head.Length;
            if (!known || length > (ulong)head.Length)
            {
                return false;
            }

            var child = (tag & 7) == 2 && length >= LeastHole ? ChildOf(kind, (int)(tag >> 3)) : null;
            if (child is { } inner && inner != Kind.Other)
            {
                if (!Walk(content, content + (int)length, inner, depth - 1))
                {
                    return false;
                }
            }
            else if (child is null)
            {
                Fill(content, (int)length);
            }

            at = content + (int)length;
        }

        return true;
    }

    /// <summary>The message in a field that may hold tensors; for data of a tensor, which is left out, Other; else null.</summary>
    private static Kind? ChildOf(Kind kind, int number) => (kind, number) switch
    {
        (Kind.Model, 7) => Kind.Graph,
        (Kind.Model, 25) => Kind.Function,
        (Kind.Graph, 1) or (Kind.Function, 7) => Kind.Node,
        (Kind.Graph, 5) => Kind.Tensor,
        (Kind.Node, 5) => Kind.Attribute,
        (Kind.Attribute, 5 or 10) => Kind.Tensor,
        (Kind.Attribute, 6 or 11) => Kind.Graph,
        (Kind.Tensor, 9) => Kind.Other,
        _ => null,
    };

    private void Fill(int start, int length)
    {
        var last = length == 0 ? -1 : (start + length - 1) / Block;
        for (var block = start / Block; block <= last; block++)
        {
            var first = block;
            while (block <= last && !_loaded[block] && (block - first) * Block < MostAtOnce)
            {
                _loaded[block++] = true;
            }

            if (block > first)
            {
                var from = first * Block;
                _source.Read(_name, from, new Span<byte>(_start + from, Math.Min(block * Block, _length) - from));
                block--;
            }
        }
    }

    private static bool TryVarint(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (var index = 0; index < bytes.Length && index < 10; index++)
        {
            value |= (ulong)(bytes[index] & 0x7F) << (7 * index);
            if (bytes[index] < 0x80)
            {
                bytes = bytes[(index + 1)..];
                return true;
            }
        }

        return false;
    }
}
