namespace Rxelon.Shared.Workloads;

/// <summary>Each custody mode in one sentence for the people who choose it: what it does not protect against.</summary>
public static class CustodyTerms
{
    /// <summary>Why <see cref="Custody.Attested"/> is refused.</summary>
    public const string NoAttestation =
        "no node here offers attestation hardware, so custody 'attested' is not available; use sealed or managed.";

    /// <summary>The limits of a mode.</summary>
    public static string Limits(Custody custody) => custody switch
    {
        Custody.Managed => "managed custody: the hub's vault holds this task's key; a hub that is taken over could open it, and so could the operator of the "
            + "node that computes a part read that part.",
        Custody.Sealed => "sealed custody: only this command holds the task's key and it must stay running; the operator of the node that computes a part "
            + "controls that machine and could read that part.",
        _ => NoAttestation,
    };
}
