using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Supervision;

/// <summary>Opens the grant of one attempt.</summary>
internal static class AttemptKeys
{
    /// <summary>Opens all pages with this process's session key; they open only for exactly this attempt on this node.</summary>
    internal static Outcome<GrantedKeys> Open(
        IReadOnlyList<ReadOnlyMemory<byte>> pages, int results, ExchangeKeyPair session, AttemptId attempt, NodeId node)
    {
        var opened = new List<byte[]>(pages.Count);
        for (var page = 0; page < pages.Count; page++)
        {
            if (!SealedKey.TryRead(pages[page].Span, out var sealedKey))
                return new Fault(FaultCodes.DecryptFailed, "The key grant is not valid: it is not a sealed key.", Culprit.Hub, Retryable: true);
            var context = KeyWrapContext.PartGrant(attempt.Task, attempt.Part, attempt.Number, node, GrantedKeys.LabelOf(page));
            var plain = KeyWrap.Unwrap(sealedKey, session, context);
            if (plain.Fault is { } fault)
                return fault with { Culprit = Culprit.Hub, Retryable = true };
            opened.Add(plain.Value);
        }

        return GrantedKeys.Read(opened, results);
    }
}
