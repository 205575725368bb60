using Akka.Actor;
using Akka.Hosting;
using Akka.Pattern;

namespace Rxelon.Hub.Sealing;

/// <summary>Puts the ledger into a hub.</summary>
public static class SealingHosting
{
    private static readonly TimeSpan AfterCrash = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongAfterCrash = TimeSpan.FromMinutes(1);

    /// <summary>Readers and status. <paramref name="services"/> belongs to the container from now on.</summary>
    internal static IServiceCollection AddRxelonLedger(this IServiceCollection services, SealingServices sealing)
        => services.AddSingleton(_ => sealing).AddSingleton(_ => sealing.Board).AddSingleton<ILedgerReader>(_ => sealing.OpenReader());

    /// <summary>The sealer in the private system; <see cref="SealerKey"/> finds it. Needs <see cref="AddRxelonLedger"/>.</summary>
    public static AkkaConfigurationBuilder WithSealer(this AkkaConfigurationBuilder builder)
        => builder.WithActors((system, registry, resolver) =>
        {
            var services = resolver.GetService<SealingServices>();
            var sealer = Props.Create(() => new SealerActor(services)).WithDispatcher("rxelon.sealer-dispatcher");
            registry.Register<SealerKey>(system.ActorOf(
                BackoffSupervisor.Props(Backoff.OnFailure(sealer, "log", AfterCrash, LongAfterCrash, 0.2, int.MaxValue)), "sealer"));
        });
}
