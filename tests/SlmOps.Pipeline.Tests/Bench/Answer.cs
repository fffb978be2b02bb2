using System.Text;
using Azure.Core;

namespace SlmOps.Pipeline.Tests.Bench;

/// <summary>What a service that is not there answers.</summary>
internal sealed class Answer : Azure.Response
{
    private readonly Dictionary<string, string> _headers = new(StringComparer.OrdinalIgnoreCase);

    internal Answer(Request request, int status, string body = "", string type = "application/json")
    {
        (Status, ClientRequestId) = (status, request.ClientRequestId);
        if (body.Length > 0)
        {
            ContentStream = new MemoryStream(Encoding.UTF8.GetBytes(body));
            _headers["Content-Type"] = type;
        }
    }

    public override int Status { get; }

    public override string ReasonPhrase => "";

    public override Stream? ContentStream { get; set; }

    public override string ClientRequestId { get; set; }

    internal Answer With(string header, string value)
    {
        _headers[header] = value;
        return this;
    }

    // Clients read what they got after the call is over.
    public override void Dispose()
    {
    }

    protected override bool ContainsHeader(string name) => _headers.ContainsKey(name);

    protected override IEnumerable<HttpHeader> EnumerateHeaders() => _headers.Select(header => new HttpHeader(header.Key, header.Value));

    protected override bool TryGetHeader(string name, out string value) => _headers.TryGetValue(name, out value!);

    protected override bool TryGetHeaderValues(string name, out IEnumerable<string> values)
    {
        var found = TryGetHeader(name, out var value);
        values = found ? [value] : [];
        return found;
    }
}
