using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace SlmOps.Local;

/// <summary>
/// A log file of one JSON object a line: time, level, category, event id, message, the message's own values, the
/// scopes' values, trace id, exception. When it is full it becomes <c>….1</c>, and the one before that is dropped.
/// </summary>
internal sealed class JsonLineLog : ILoggerProvider, ISupportExternalScope
{
    private readonly string _path;
    private readonly long _maxBytes;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();
    private FileStream _file;

    public JsonLineLog(string path, long maxBytes, TimeProvider time)
    {
        _path = path;
        _maxBytes = maxBytes;
        _time = time;
        PrivateFile.Folder(Path.GetDirectoryName(path)!);
        _file = Open();
    }

    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose()
    {
        lock (_gate)
        {
            _file.Dispose();
        }
    }

    private FileStream Open() => new(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);

    private void Append(ReadOnlySpan<byte> line)
    {
        lock (_gate)
        {
            if (!_file.CanWrite)
            {
                return;
            }

            if (_file.Length + line.Length > _maxBytes)
            {
                _file.Dispose();
                File.Move(_path, _path + ".1", overwrite: true);
                _file = Open();
            }

            _file.Write(line);
        }
    }

    private sealed class Category(JsonLineLog owner, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => owner._scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var buffer = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(buffer))
            {
                json.WriteStartObject();
                json.WriteString("time", owner._time.GetUtcNow());
                json.WriteString("level", logLevel.ToString());
                json.WriteString("category", name);
                json.WriteNumber("event", eventId.Id);
                json.WriteString("message", formatter(state, exception));
                var written = new HashSet<string>(StringComparer.Ordinal)
                {
                    "time",
                    "level",
                    "category",
                    "event",
                    "message",
                    "{OriginalFormat}",
                };
                Write(json, state, written);
                owner._scopes.ForEachScope((scope, writer) => Write(writer, scope, written), json);
                if (Activity.Current is { } activity)
                {
                    json.WriteString("traceId", activity.TraceId.ToHexString());
                    json.WriteString("spanId", activity.SpanId.ToHexString());
                }

                if (exception is not null)
                {
                    json.WriteString("exception", exception.ToString());
                }

                json.WriteEndObject();
            }

            buffer.Write("\n"u8);
            owner.Append(buffer.WrittenSpan);
        }

        private static void Write(Utf8JsonWriter json, object? state, HashSet<string> written)
        {
            if (state is not IEnumerable<KeyValuePair<string, object?>> values)
            {
                return;
            }

            foreach (var (key, value) in values)
            {
                var property = JsonNamingPolicy.CamelCase.ConvertName(key);
                if (written.Contains(key) || !written.Add(property))
                {
                    continue;
                }

                switch (value)
                {
                    case null:
                        json.WriteNull(property);
                        break;
                    case bool flag:
                        json.WriteBoolean(property, flag);
                        break;
                    case int or long:
                        json.WriteNumber(property, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                        break;
                    case double number when double.IsFinite(number):
                        json.WriteNumber(property, number);
                        break;
                    default:
                        json.WriteString(property, Convert.ToString(value, CultureInfo.InvariantCulture));
                        break;
                }
            }
        }
    }
}
