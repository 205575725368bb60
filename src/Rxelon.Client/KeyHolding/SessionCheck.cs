using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.KeyHolding;

/// <summary>What a key request shows of itself, without asking anybody: that the node named there vouches for the session key.</summary>
public static class SessionCheck
{
    /// <summary>Null, or why nothing may be sealed to it: bad-signature, malformed.</summary>
    public static Fault? Of(KeyRequestInfo request)
    {
        if (request.IdentityKey.Length != Signatures.PublicKeySize || NodeId.OfIdentityKey(request.IdentityKey) != request.Node)
            return Bad(FaultCodes.BadSignature, request, "the node's id does not follow from the identity key that the hub shows");
        if (!ExchangeKeyPair.IsUsablePublicKey(request.SessionKey))
            return Bad(FaultCodes.Malformed, request, "the session key is not one that keys may be sealed to");
        return Signatures.Verify(request.IdentityKey, SignedStatements.Session(request.Node, request.SessionKey, request.Nonce), request.Signature)
            ? null
            : Bad(FaultCodes.BadSignature, request, "the node's identity key did not sign the session key that the hub shows");
    }

    private static Fault Bad(string code, KeyRequestInfo request, string why)
        => new(code, $"Nothing was sealed for part {request.Part} on {request.Node}: {why}.", Culprit.Hub);
}
