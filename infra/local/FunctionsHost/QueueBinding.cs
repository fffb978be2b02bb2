using System.Globalization;
using System.Text;
using System.Text.Json;
using Azure.Storage.Queues.Models;
using Google.Protobuf;
using SlmOps.Local.Workers.Protocol;

namespace SlmOps.Local.FunctionsHost;

/// <summary>Turns a queue message into what goes to the worker.</summary>
internal static class QueueBinding
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The body of a message, or null when it is not encoded as host.json says.</summary>
    public static BinaryData? Decode(QueueMessage message, bool base64)
    {
        if (!base64)
        {
            return message.Body;
        }

        var buffer = new byte[message.MessageText.Length];
        return Convert.TryFromBase64String(message.MessageText, buffer, out var length)
            ? BinaryData.FromBytes(buffer.AsMemory(0, length))
            : null;
    }

    /// <exception cref="DecoderFallbackException">When a text is wanted and the body is not UTF-8.</exception>
    public static TypedData Bind(QueueMessage message, BinaryData body, QueueForm form) => form switch
    {
        QueueForm.Bytes => new TypedData { Bytes = ByteString.CopyFrom(body.ToMemory().Span) },
        QueueForm.Message => new TypedData { ModelBindingData = Model(message, body) },
        _ => new TypedData { String = StrictUtf8.GetString(body.ToMemory().Span) },
    };

    /// <summary>Names as the real host gives them; the worker takes texts and JSON, and no numbers.</summary>
    public static IReadOnlyDictionary<string, TypedData> Metadata(QueueMessage message, BinaryData body) =>
        new Dictionary<string, TypedData>
        {
            ["QueueTrigger"] = new() { String = body.ToString() },
            ["Id"] = new() { String = message.MessageId },
            ["PopReceipt"] = new() { String = message.PopReceipt },
            ["DequeueCount"] = new() { String = message.DequeueCount.ToString(CultureInfo.InvariantCulture) },
            ["InsertionTime"] = Time(message.InsertedOn),
            ["ExpirationTime"] = Time(message.ExpiresOn),
            ["NextVisibleTime"] = Time(message.NextVisibleOn),
        };

    private static TypedData Time(DateTimeOffset? time) => new() { Json = JsonSerializer.Serialize(time) };

    private static ModelBindingData Model(QueueMessage message, BinaryData body) => new()
    {
        Version = "1.0",
        Source = "AzureStorageQueues",
        ContentType = "application/json",
        Content = ByteString.CopyFrom(JsonSerializer.SerializeToUtf8Bytes(new
        {
            message.MessageId,
            message.PopReceipt,
            MessageText = StrictUtf8.GetString(body.ToMemory().Span),
            message.DequeueCount,
            message.NextVisibleOn,
            message.InsertedOn,
            message.ExpiresOn,
        })),
    };
}
