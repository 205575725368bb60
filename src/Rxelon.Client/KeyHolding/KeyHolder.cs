using Rxelon.Client.Hub;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Client.KeyHolding;

/// <summary>How many keys a holder has handed over, and why one waits (null: none does).</summary>
public readonly record struct HolderNews(int HandedOver, Fault? Waits);

/// <summary>
/// Holds a task's key while the task runs: looks for attempts that wait, checks each node, seals exactly that attempt's keys to it, and
/// sends them. The hub never has the task key.
/// </summary>
public sealed class KeyHolder(HubClient hub, NodeCheck check, TimeProvider time)
{
    private const int WaitSeconds = 20;
    private const int MaxTroubles = 30;
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Attends until the task has ended: null then. A fault ends it earlier: an integrity fault at once (nothing was sealed for that
    /// request), the hub's refusal, or a hub that stays away.
    /// </summary>
    public async Task<Fault?> AttendAsync(TaskId task, OrderTerms order, ReadOnlyMemory<byte> taskKey, Action<HolderNews>? news = null, CancellationToken ct = default)
    {
        var origins = OriginCheck.Of(order);
        if (origins.Fault is { } unsound)
            return unsound;
        var handed = 0;
        for (var troubles = 0; ;)
        {
            var asked = await hub.KeyRequestsAsync(task, WaitSeconds, ct).ConfigureAwait(false);
            if (asked.Fault is { } refused)
            {
                if (!refused.Retryable || ++troubles > MaxTroubles)
                    return refused;
                await Task.Delay(LookAgain, time, ct).ConfigureAwait(false);
                continue;
            }

            troubles = 0;
            if (TaskPhases.IsEnd(asked.Value.Phase))
                return null;
            var (grants, waits) = (new List<KeyGrantInfo>(), (Fault?)null);
            foreach (var request in asked.Value.Requests)
            {
                var fault = await check.CheckAsync(task, order.Spec, request, ct).ConfigureAwait(false);
                if (fault is { Retryable: false })
                    return fault;
                waits ??= fault;
                if (fault is not null)
                    continue;
                var terms = origins.Value.TermsOf(request);
                if (terms.Fault is { } unplanned)
                    return unplanned;
                grants.Add(Seal(task, request, terms.Value, taskKey.Span));
            }

            if (grants.Count > 0)
            {
                var answer = await hub.GrantKeysAsync(task, new KeyGrantsRequest(grants), ct).ConfigureAwait(false);
                if (answer.Fault is { Retryable: false, Code: not FaultCodes.AlreadyEnded } fault)
                    return fault;
                handed += answer.IsOk ? grants.Count - answer.Value.Refused.Count : 0;
                waits ??= answer.Fault;
            }

            if (asked.Value.Requests.Count > 0)
                news?.Invoke(new HolderNews(handed, waits));
            if (waits is not null)
                await Task.Delay(LookAgain, time, ct).ConfigureAwait(false);
        }
    }

    private static KeyGrantInfo Seal(TaskId task, KeyRequestInfo request, GrantTerms terms, ReadOnlySpan<byte> taskKey)
    {
        var pages = PartGrant.Seal(taskKey, new AttemptId(task, request.Part, request.Attempt), request.Node, request.SessionKey, terms);
        return new KeyGrantInfo(request.Part, request.Attempt, request.Node, request.SessionKey, pages[0]) { More = pages.Count > 1 ? [.. pages.Skip(1)] : null };
    }
}
