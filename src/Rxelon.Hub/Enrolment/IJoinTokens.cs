using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Enrolment;

/// <summary>
/// One-time permissions to enrol one node for one operator: <c>rxj_{secret}.{CA fingerprint}</c>. The hub keeps the SHA-256 of
/// the secret only; the fingerprint lets the node recognise the CHS before it trusts anything else.
/// </summary>
public interface IJoinTokens
{
    /// <summary>A new token, shown here only.</summary>
    string Create(AccountId operatorAccount, TimeSpan lifetime);

    /// <summary>
    /// Uses the token up for this node and tells whose it was; again for the same node, whose answer may have been lost. Faults:
    /// unauthorized (unknown), token-used (by another node), token-expired.
    /// </summary>
    Outcome<AccountId> Consume(string token, NodeId node);
}
