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

    /// <summary>Reads the file.</summary>
    /// <returns>Null when all is well, or why the device starts afresh: the unreadable file is kept beside.</returns>
    /// <exception cref="InvalidDataException">When a newer agent wrote it.</exception>
    internal string? Load()
    {
        var bytes = DurableFile.Read(path, MaxBytes);
        if (bytes is null)
        {
            _state = AgentState.Fresh(firstSeq);
            return null;
        }

        try
        {
            _state = JsonSerializer.Deserialize(bytes, StateJson.Default.AgentState) ?? throw new JsonException("It holds null.");
        }
        catch (JsonException exception)
        {
            // What runs is known again after one download and check; a device that refuses to start never recovers.
            File.Move(path, path + ".unreadable", overwrite: true);
            _state = AgentState.Fresh(firstSeq);
            return exception.Message;
        }

        return _state.Schema == AgentState.CurrentSchema ? null : throw new InvalidDataException(
            $"'{path}' has format {_state.Schema}, this agent knows {AgentState.CurrentSchema}. Run the agent that wrote it, or start with an empty data folder.");
    }

    internal void Write(AgentState state)
    {
        _writes++;
        beforeWrite?.Invoke(_writes);
        DurableFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(state, StateJson.Default.AgentState));
        _state = state;
        afterWrite?.Invoke(_writes);
    }
}
