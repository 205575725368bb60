using Akka.Actor;
using Akka.Configuration;
using Rxelon.Shared.Wire;

namespace Rxelon.Link.Tests.Guard;

/// <summary>The layer below the guard: what the edge's own configuration refuses to read.</summary>
public sealed class StrictSystemSpecs
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(22)]
    public async Task Akkas_own_serializers_are_not_registered_at_the_edge(int identifier)
    {
        // Without a transport: only the serialization settings matter here.
        var config = ConfigurationFactory.ParseString("akka.actor.provider = local").WithFallback(LinkConfig.Edge("127.0.0.1", 1));
        var system = (ExtendedActorSystem)ActorSystem.Create("strict", config);
        try
        {
            Assert.ThrowsAny<Exception>(() => system.Serialization.Deserialize([], identifier, "Akka.Actor.Kill, Akka"));
            Assert.IsType<ToHub>(system.Serialization.Deserialize([], Link.Wire.LinkSerializer.Id, Link.Wire.LinkSerializer.ToHubManifest));
            Assert.ThrowsAny<Exception>(() => system.Serialization.Deserialize([], Link.Wire.LinkSerializer.Id, "to-hub.2"));
            Assert.ThrowsAny<Exception>(() => system.Serialization.FindSerializerFor(new Version(1, 0)));
        }
        finally
        {
            await system.Terminate();
        }
    }
}
