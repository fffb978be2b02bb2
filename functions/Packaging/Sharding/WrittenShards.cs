using System.Security.Cryptography;
using SlmOps.Contracts;

namespace SlmOps.Packaging.Sharding;

/// <summary>
/// Digests of the shards of a model while its external data is written. The graph comes last, so which shard a tensor goes to
/// is guessed from the names that the plan goes by, and checked when the plan is there: a wrong guess costs a digest, never a
/// wrong one. Small tensors wait in memory, because a shard has them behind its large ones.
/// </summary>
public sealed class WrittenShards : IDisposable
{
    private const int MaxHeldBytes = 64 << 20;
    private static readonly byte[] Zeros = new byte[64 << 10];

    private readonly Dictionary<int, Group> _groups = [];
    private readonly Dictionary<long, byte[]> _small = [];
    private Group? _group;
    private byte[]? _waiting;
    private int _last = Before;
    private long _held;
    private long _offset;
    private long _length;
    private long _position;

    // Keys of what belongs to no block, by whether a block came before it.
    private const int Before = -1;
    private const int Behind = -2;

    /// <summary>Says that a tensor's bytes come next, behind padding.</summary>
    /// <param name="origin">Name of the weight that it is made of.</param>
    /// <param name="consumer">Name of the node that reads it first, or null.</param>
    /// <param name="offset">Where it begins in the file, in bytes.</param>
    /// <param name="length">Its bytes.</param>
    public void Begin(string origin, string? consumer, long offset, long length)
    {
        (_offset, _length, _group, _waiting) = (offset, length, null, null);
        if ((ShardPlan.BlockIn(origin) ?? ShardPlan.BlockIn(consumer ?? "")) is { } block)
        {
            _last = block;
        }
        else if (_last >= 0)
        {
            _last = Behind;
        }

        if (length >= ShardPlan.Alignment)
        {
            if (!_groups.TryGetValue(_last, out _group))
            {
                _groups.Add(_last, _group = new Group());
            }

            _group.PadTo((_group.Position + ShardPlan.Alignment - 1) / ShardPlan.Alignment * ShardPlan.Alignment);
            _group.Large.Add((offset, _group.Position, length));
        }
        else if (length <= MaxHeldBytes - _held)
        {
            _held += length;
            _small[offset] = _waiting = new byte[length];
        }
    }

    /// <summary>Takes the next bytes of the file, tensors and padding.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        var from = Math.Max(_offset, _position);
        var to = Math.Min(_offset + _length, _position + bytes.Length);
        if (from < to)
        {
            var part = bytes[(int)(from - _position)..(int)(to - _position)];
            _group?.Append(part);
            if (_waiting is not null)
            {
                part.CopyTo(_waiting.AsSpan((int)(from - _offset)));
            }
        }

        _position += bytes.Length;
    }

    /// <summary>The digests that are known, by the shards' paths.</summary>
    /// <param name="file">The file, as the graph names it.</param>
    /// <param name="plan">The plan of the finished model.</param>
    public IReadOnlyDictionary<string, Digest> Complete(string file, ShardedModel plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var known = new Dictionary<string, Digest>();
        foreach (var shard in plan.Shards.Where(shard => shard.Pieces.All(piece => piece.File == file)))
        {
            var large = shard.Pieces.TakeWhile(piece => piece.Length >= ShardPlan.Alignment).ToList();
            var small = shard.Pieces.Skip(large.Count).ToList();
            var key = _groups.FirstOrDefault(group =>
                group.Value.Large.SequenceEqual(large.Select(piece => (piece.Offset, piece.At, piece.Length))));
            if (small.TrueForAll(piece => _small.TryGetValue(piece.Offset, out var held) && held.Length == piece.Length)
                && (key.Value is not null || large.Count == 0))
            {
                using var group = key.Value ?? new Group();
                if (key.Value is not null)
                {
                    _groups.Remove(key.Key);
                }

                foreach (var piece in small)
                {
                    group.PadTo(piece.At);
                    group.Append(_small[piece.Offset]);
                }

                known.Add(shard.Path, group.Complete());
            }
        }

        return known;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var group in _groups.Values)
        {
            group.Dispose();
        }
    }

    /// <summary>What is guessed to be one shard: its large tensors as offset in the file, place in the shard, length.</summary>
    private sealed class Group : IDisposable
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        internal List<(long Offset, long At, long Length)> Large { get; } = [];

        internal long Position { get; private set; }

        internal void Append(ReadOnlySpan<byte> bytes)
        {
            _hash.AppendData(bytes);
            Position += bytes.Length;
        }

        internal void PadTo(long position)
        {
            while (Position < position)
            {
                Append(Zeros.AsSpan(0, (int)Math.Min(Zeros.Length, position - Position)));
            }
        }

        internal Digest Complete() => Digest.FromHash(_hash.GetHashAndReset());

        public void Dispose() => _hash.Dispose();
    }
}
