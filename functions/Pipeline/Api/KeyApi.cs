using Microsoft.AspNetCore.Http;
using SlmOps.Contracts;
using SlmOps.Pipeline.Access;
using SlmOps.Pipeline.Audit;

namespace SlmOps.Pipeline.Api;

/// <summary>Operators' keys and the audit log over HTTP.</summary>
internal sealed class KeyApi(OperatorKeys keys, AuditLog audit, OperatorDoor door, TimeProvider time)
{
    private const int MaxDays = 3650;
    private static readonly OperatorJson Json = OperatorJson.Default;

    internal async Task<IResult> ListAsync(CancellationToken cancellationToken) => Results.Json(
        [.. (await keys.ListAsync(cancellationToken).ConfigureAwait(false)).Select(StatusOf)], Json.IReadOnlyListOperatorKeyStatus);

    internal async Task<IResult> AddAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var name = request.Query["name"].ToString();
        if (!SafeName.IsValid(name))
        {
            return Problem.Of(400, "name", $"Say whose key it is: ?name= and {SafeName.Rule}.");
        }

        if (RoleOf(request.Query["role"]) is not { } role)
        {
            return Problem.Of(400, "role", "A key's role is read, operate or admin: ?role=.");
        }

        if (!QueryNumber.TryRead(request, "days", MaxDays, out var days))
        {
            return Problem.Of(400, "days", $"A key ends after 1 to {MaxDays} days: ?days=.");
        }

        var life = days is { } given ? TimeSpan.FromDays(given) : (TimeSpan?)null;
        var (record, text) = await keys.AddAsync(name, role, life, cancellationToken).ConfigureAwait(false);
        return Results.Json(new(StatusOf(record), text), Json.NewOperatorKey);
    }

    internal async Task<IResult> RevokeAsync(string id, CancellationToken cancellationToken) =>
        SafeName.IsValid(id) && await keys.RevokeAsync(id, cancellationToken).ConfigureAwait(false)
            ? Results.Json(new(true, $"The key {id} opens nothing any more."), Json.OperatorResult)
            : Problem.Of(404, "key-unknown", $"There is no key {id} that can be revoked.");

    /// <summary>
    /// The first admin's key, for whoever holds the host's own key; the host looked at that. Once an admin's key lives, the
    /// host's key opens nothing.
    /// </summary>
    internal async Task<IResult> FirstAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var all = await keys.ListAsync(cancellationToken).ConfigureAwait(false);
        if (all.Any(key => key.Role == OperatorRole.Admin && key.IsLive(time.GetUtcNow())))
        {
            return Problem.Of(409, "has-admin", "There is an admin's key already; use that one to make others.");
        }

        var call = OperatorCalls.Find("AddKey");
        return await door.AuditedAsync(
            "host key", request, call,
            async () =>
            {
                var (record, text) = await keys.AddAsync("first", OperatorRole.Admin, null, cancellationToken).ConfigureAwait(false);
                return Results.Json(new(StatusOf(record), text), Json.NewOperatorKey);
            },
            cancellationToken).ConfigureAwait(false);
    }

    internal async Task<IResult> AuditAsync(HttpRequest request, CancellationToken cancellationToken) =>
        QueryNumber.TryRead(request, "after", int.MaxValue, out var after)
            ? Results.Json(await audit.ReadAsync(after ?? 0, cancellationToken).ConfigureAwait(false), Json.AuditPage)
            : Problem.Of(400, "after", "Name the entry before the first one wanted by its number: ?after=.");

    private static OperatorRole? RoleOf(string? text) => text switch
    {
        "read" => OperatorRole.Read,
        "operate" => OperatorRole.Operate,
        "admin" => OperatorRole.Admin,
        _ => null,
    };

    private static OperatorKeyStatus StatusOf(OperatorKeyRecord key) => new()
    {
        Id = key.Id,
        Name = key.Name,
        Role = key.Role,
        CreatedAt = key.CreatedAt,
        ExpiresAt = key.ExpiresAt,
        RevokedAt = key.RevokedAt,
    };
}
