using Rxelon.Shared.Api;
using Rxelon.Shared.Values;

namespace Rxelon.Client.KeyHolding;

/// <summary>
/// Decides whether an executor's quote shows that a part's plaintext will be open only inside hardware that its operator cannot read.
/// A port: no executor here can make a quote, and nothing in the product implements this, so custody <c>attested</c> is refused before
/// it comes to it.
/// </summary>
public interface IAttestationVerifier
{
    /// <summary>
    /// Null when the quote is genuine, of a measurement that is accepted, and bound to exactly this session key and nonce; otherwise a
    /// fault, and no key is sealed.
    /// </summary>
    ValueTask<Fault?> CheckAsync(KeyRequestInfo request, CancellationToken ct);
}
