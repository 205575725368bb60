using Akka.Actor;

namespace Rxelon.Hub.Entities;

/// <summary>Props without a compiled expression, which would cost more than everything else at an entity's start.</summary>
internal static class Entity
{
    internal static Props Props<TActor>(Func<TActor> make)
        where TActor : ActorBase
        => Akka.Actor.Props.CreateBy(new Producer<TActor>(make));

    private sealed class Producer<TActor>(Func<TActor> make) : IIndirectActorProducer
        where TActor : ActorBase
    {
        public Type ActorType => typeof(TActor);

        public ActorBase Produce() => make();

        public void Release(ActorBase actor)
        {
            // nothing is kept per actor
        }
    }
}
