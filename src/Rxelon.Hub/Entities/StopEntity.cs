using Akka.Actor;

namespace Rxelon.Hub.Entities;

/// <summary>
/// The only way an entity is stopped: on hand-off and on passivation. Unlike PoisonPill it waits its turn behind a write that
/// is out, so nobody loses an answer.
/// </summary>
internal sealed class StopEntity : INoSerializationVerificationNeeded
{
    private StopEntity()
    {
    }

    internal static StopEntity Instance { get; } = new();
}
