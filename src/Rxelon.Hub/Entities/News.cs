using Akka.Actor;
using Rxelon.Domain.Tasks;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Entities;

/// <summary>To the news desk: send me <see cref="TaskNews"/> of this task as they happen, until I stop or say <see cref="Unwatch"/>.</summary>
public sealed record Watch(TaskId Task, IActorRef Watcher) : INoSerializationVerificationNeeded;

/// <summary>To the news desk: no more.</summary>
public sealed record Unwatch(TaskId Task, IActorRef Watcher) : INoSerializationVerificationNeeded;
