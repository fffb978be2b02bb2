using System.Text.Json;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Disk;

/// <summary>Where the agent's state lives between and during steps.</summary>
/// <param name="path">The file.</param>
/// <param name="firstSeq">See <see cref="AgentState.Fresh"/>.</param>
/// <param name="beforeWrite">Called with the number of the write before it happens.</param>
/// <param name="afterWrite">Called with the number of the write after it is on the disk.</param>
internal sealed class StateFile(string path, long firstSeq, Action<int>? beforeWrite = null, Action<int>? afterWrite = null)
{
    private const long MaxBytes = 16 << 20;
    private AgentState? _state;
    private int _writes;

    internal AgentState State => _state ?? throw new InvalidOperationException("The state was not loaded yet.");

    /// <summary>True when nothing could be loaded: a first start, or a file that was lost or damaged.</summary>
    internal bool IsFresh { get; private set; }

    /// <summary>Reads the file.</summary>
    /// <returns>Null when all is well, or why the state is fresh: what stood there is kept beside.</returns>
    /// <exception cref="InvalidDataException">When a newer agent wrote it.</exception>
    internal string? Load()
    {
        _state = Read(out var damage);
        IsFresh = _state is null;
        if (damage is not null)
        {
            // A device that refuses to start never recovers.
            DiskPath.PutAside(path);
        }

        _state ??= AgentState.Fresh(firstSeq);
        return _state.Schema == AgentState.CurrentSchema
            ? damage
            : throw new InvalidDataException(
                $"'{path}' has format {_state.Schema}, this agent knows {AgentState.CurrentSchema}. Run the agent that wrote it, or "
                    + "start with an empty data folder."
            );
    }

    /// <summary>The state of a folder that an agent may be working in; null when none can be read.</summary>
    internal static AgentState? Peek(string path) =>
        new StateFile(path, 0).Read(out _) is { Schema: AgentState.CurrentSchema } state ? state : null;

    internal void Write(AgentState state)
    {
        _writes++;
        beforeWrite?.Invoke(_writes);
        DurableFile.Write(path, SealedJson.Seal(JsonSerializer.SerializeToUtf8Bytes(state, StateJson.Default.AgentState)));
        _state = state;
        afterWrite?.Invoke(_writes);
    }

    private AgentState? Read(out string? damage)
    {
        if (DurableFile.Read(path, MaxBytes, out damage) is not { } bytes)
        {
            return null;
        }

        try
        {
            if (SealedJson.Holds(bytes))
            {
                return JsonSerializer.Deserialize(bytes, StateJson.Default.AgentState) ?? throw new JsonException("It holds null.");
            }

            damage = "it is not what was written";
        }
        catch (JsonException exception)
        {
            damage = exception.Message;
        }

        return null;
    }
}
