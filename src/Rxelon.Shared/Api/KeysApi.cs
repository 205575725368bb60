using Rxelon.Shared.Ids;

namespace Rxelon.Shared.Api;

/// <summary>
/// GET /v1/tasks/{id}/key-requests?wait=SECONDS: attempts of a task under sealed custody that wait for keys, as soon as there are any, or
/// none when the wait is over. <see cref="Phase"/> tells when there will be no more.
/// </summary>
public sealed record KeyRequestsResponse(string Phase, IReadOnlyList<KeyRequestInfo> Requests);

/// <summary>
/// One attempt: the node that runs it, whose node that is, and the session key to seal to, signed by the node's identity key together with
/// the nonce (<c>SignedStatements.Session</c>). Nothing of it is to be believed because the hub says so. <see cref="Quote"/>: the
/// executor's attestation, when it has one.
/// </summary>
public sealed record KeyRequestInfo(
    int Part, int Attempt, NodeId Node, AccountId Operator, byte[] SessionKey, byte[] Nonce, byte[] IdentityKey, byte[] Signature, byte[]? Quote = null)
{
    /// <summary>What the part is, when it is not one of the submission's; null for those. The client compares it with the plan that the spec makes.</summary>
    public KeyOriginInfo? Origin { get; init; }

    /// <summary>The attempt may leave a checkpoint, and gets the key for that.</summary>
    public bool MayLeaveCheckpoint { get; init; }

    /// <summary>The earlier attempt of this part whose checkpoint it begins from; null: from the input.</summary>
    public int? BeginsFrom { get; init; }
}

/// <summary>A part of a later stage or round, or one that repeats another to check or to overtake it: stage by number, which part of it, and the results it gets.</summary>
public sealed record KeyOriginInfo(int Stage, int Round, int? Index, int? CheckOf, IReadOnlyList<NeededKeyInfo> Results);

/// <summary>An accepted result that the part gets: the attempt whose result key opens it.</summary>
public readonly record struct NeededKeyInfo(int Part, int Attempt);

/// <summary>POST /v1/tasks/{id}/key-grants.</summary>
public sealed record KeyGrantsRequest(IReadOnlyList<KeyGrantInfo> Grants);

/// <summary>One attempt's keys, sealed by the owner's client (<c>PartGrant</c>) to the session key that the request showed.</summary>
public sealed record KeyGrantInfo(int Part, int Attempt, NodeId Node, byte[] SessionKey, byte[] Sealed)
{
    /// <summary>The further pages of a grant with many result keys.</summary>
    public IReadOnlyList<byte[]>? More { get; init; }
}

/// <summary>Which grants were not passed on, and why; an attempt that waits no more is no reason for concern.</summary>
public sealed record KeyGrantsResponse(IReadOnlyList<KeyRefusalInfo> Refused);

/// <summary>One grant that was not passed on.</summary>
public sealed record KeyRefusalInfo(int Part, int Attempt, FaultInfo Fault);
