using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.KeyHolding;

/// <summary>
/// Everything that is checked before keys are sealed to a node (docs/design/custody.md): who it is, that it vouches for the session key, that
/// the ledger knows it, whose it is, and, under custody <c>attested</c>, what its hardware says.
/// </summary>
public sealed class NodeCheck(EnrolmentCheck enrolments, IAttestationVerifier? attestation = null)
{
    /// <summary>Null, or why nothing may be sealed: retryable while the ledger cannot say yet.</summary>
    public async Task<Fault?> CheckAsync(TaskId task, TaskSpec spec, KeyRequestInfo request, CancellationToken ct = default)
    {
        if (SessionCheck.Of(request) is { } forged)
            return forged;
        var operated = await enrolments.OperatorOfAsync(task, request.Node, request.IdentityKey, ct).ConfigureAwait(false);
        if (operated.Fault is { } unproved)
            return unproved;
        if (spec.Placement.DenyOperators.Contains(operated.Value.ToString(), StringComparer.Ordinal))
        {
            return new Fault(
                FaultCodes.Forbidden, $"The hub placed part {request.Part} on {request.Node} of {operated.Value}, whom the task denies: nothing was sealed.", Culprit.Hub);
        }

        if (spec.Privacy.Custody != Custody.Attested)
            return null;
        return attestation is null
            ? new Fault(FaultCodes.CustodyUnavailable, CustodyTerms.NoAttestation, Culprit.None)
            : request.Quote is null
                ? new Fault(FaultCodes.CustodyUnavailable, $"{request.Node} shows no attestation: nothing was sealed.", Culprit.Node)
                : await attestation.CheckAsync(request, ct).ConfigureAwait(false);
    }
}
