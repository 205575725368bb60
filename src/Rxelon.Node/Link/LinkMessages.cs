using Akka.Actor;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;

namespace Rxelon.Node.Link;

/// <summary>
/// Link to supervisor: the hub let this session in. <paramref name="Welcome"/> carries the base URL for blobs; the attempts in
/// <c>Welcome.Stop</c> must be stopped (each also arrives as a <see cref="FromHub"/> stop). Every other attempt that was named in
/// <see cref="RunningAttempts"/> goes on. Frames of the work follow as <see cref="FromHub"/>.
/// </summary>
internal sealed record LinkUp(Welcome Welcome, ulong Epoch) : INoSerializationVerificationNeeded;

/// <summary>
/// Link to supervisor: no session just now. Attempts go on; reliable messages wait. The link tries again by itself unless
/// <paramref name="Final"/>: then the hub refused this node for good (revoked, wrong protocol) and the operator must act.
/// </summary>
internal sealed record LinkDown(Fault Fault, bool Final) : INoSerializationVerificationNeeded;

/// <summary>
/// Link to supervisor, in order and once: AssignParts, KeyGrants, StopAttempt, ReportAck, UploadGrant, RevealRequest or Drain. The link itself
/// deals with Welcome, Refused, BeatAck and RenewGrant.
/// </summary>
internal sealed record FromHub(ToNode Frame) : INoSerializationVerificationNeeded;

/// <summary>
/// Supervisor (or an attempt) to link: send this. Set only the body; the link fills in epoch, seq and ack. Reliable: resent in
/// order until the hub has it, also over reconnects (PartsReady, AttemptReport, AttemptFailure, UploadRequest, Reveals); AttemptReport and
/// AttemptFailure are besides kept on disk until their ReportAck, so they survive the node's restart. AttemptLog is reliable in a lane of its
/// own, few at a time (<see cref="LogLane"/>). Otherwise (Progress) it is
/// dropped when there is no session.
/// </summary>
internal sealed record Send(ToHub Frame, bool Reliable) : INoSerializationVerificationNeeded;

/// <summary>Supervisor to link: free capacity, price or slots changed; the next beat goes out at once (at most a few per second).</summary>
internal sealed record OfferChanged(Offer Offer, int Running) : INoSerializationVerificationNeeded;

/// <summary>Link to supervisor before each hello: answer <see cref="RunningAttempts"/> to the sender.</summary>
internal sealed record AskRunning : INoSerializationVerificationNeeded
{
    internal static AskRunning Instance { get; } = new();
}

/// <summary>Supervisor to link: the attempts alive here and the present offer, for the hello.</summary>
internal sealed record RunningAttempts(IReadOnlyList<RunningAttempt> Attempts, Offer Offer) : INoSerializationVerificationNeeded;

/// <summary>Supervisor to link: say goodbye and stop (the program ends). The link stops itself when that is sent.</summary>
internal sealed record LeaveHub(string Reason) : INoSerializationVerificationNeeded;
