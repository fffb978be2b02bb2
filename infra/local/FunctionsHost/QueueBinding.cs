using System.Text;
using System.Text.Json;
using Azure.Storage.Queues.Models;

namespace SlmOps.Local.FunctionsHost;

/// <summary>Turns a queue message into what a function takes.</summary>
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

    /// <exception cref="JsonException">When the body is not the JSON of the wanted type.</exception>
    public static object? Bind(QueueMessage message, BinaryData body, Type wanted)
    {
        if (wanted == typeof(string))
        {
            return StrictUtf8.GetString(body.ToMemory().Span);
        }

        if (wanted == typeof(BinaryData))
        {
            return body;
        }

        if (wanted == typeof(byte[]))
        {
            return body.ToArray();
        }

        return wanted == typeof(QueueMessage)
            ? QueuesModelFactory.QueueMessage(
                message.MessageId, message.PopReceipt, body, message.DequeueCount,
                message.NextVisibleOn, message.InsertedOn, message.ExpiresOn)
            : JsonSerializer.Deserialize(body.ToMemory().Span, wanted, JsonSerializerOptions.Web);
    }

    /// <summary>Names as the real host gives them.</summary>
    public static IReadOnlyDictionary<string, object?> Data(QueueMessage message) => new Dictionary<string, object?>
    {
        ["Id"] = message.MessageId,
        ["PopReceipt"] = message.PopReceipt,
        ["DequeueCount"] = message.DequeueCount,
        ["InsertionTime"] = message.InsertedOn,
        ["ExpirationTime"] = message.ExpiresOn,
        ["NextVisibleTime"] = message.NextVisibleOn,
    };
}
