using Akka.Actor;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Wire;

namespace Rxelon.Node.Supervision;

/// <summary>Attempt to supervisor: the ciphertext is here, the sandbox is ready, only the keys are missing.</summary>
internal sealed record AttemptReady(AttemptId Id) : INoSerializationVerificationNeeded;

/// <summary>Attempt to supervisor: the program started.</summary>
internal sealed record AttemptStarted(AttemptId Id) : INoSerializationVerificationNeeded;

/// <summary>Attempt to supervisor: the program ended; its room is free. The report may still need an upload.</summary>
internal sealed record AttemptRan(AttemptId Id) : INoSerializationVerificationNeeded;

/// <summary>Attempt to supervisor: reported, or stopped as asked; nothing is left to do.</summary>
internal sealed record AttemptDone(AttemptId Id) : INoSerializationVerificationNeeded;

/// <summary>Supervisor to attempt: the keys, or one page of them.</summary>
internal sealed record GrantKeys(ReadOnlyMemory<byte> Sealed, int Page) : INoSerializationVerificationNeeded;

/// <summary>Supervisor to attempt: the hub does not want it any more.</summary>
internal sealed record StopNow(string Reason) : INoSerializationVerificationNeeded;

/// <summary>
/// Supervisor to attempt: it leaves, with what its program left to be continued elsewhere. <paramref name="OnlyWithCheckpoint"/>: only if the
/// program has left something so far. <paramref name="IsOrdered"/>: by the hub, and not because this node ends.
/// </summary>
internal sealed record HandOver(string Reason, bool OnlyWithCheckpoint = false, bool IsOrdered = false) : INoSerializationVerificationNeeded;

/// <summary>Supervisor to attempt: where the result goes, or why not.</summary>
internal sealed record UploadTo(UploadGrant Grant) : INoSerializationVerificationNeeded;
