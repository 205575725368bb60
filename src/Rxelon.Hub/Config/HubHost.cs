using Akka.Hosting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Data.Sqlite;
using Rxelon.Hub.Admin;
using Rxelon.Hub.Blobs;
using Rxelon.Hub.Disk;
using Rxelon.Hub.Edge;
using Rxelon.Hub.Enrolment;
using Rxelon.Hub.Http;
using Rxelon.Hub.Integrity;
using Rxelon.Hub.Live;
using Rxelon.Hub.Sealing;
using Rxelon.Hub.Vault;
using Rxelon.Link.Certificates;

namespace Rxelon.Hub.Config;

/// <summary>The composition root: one hub, from options to a running process. The only place that knows everybody.</summary>
public sealed class HubHost : IAsyncDisposable
{
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(40);

    private readonly WebApplication _app;
    private readonly DataDirectory _directory;

    private HubHost(WebApplication app, DataDirectory directory)
    {
        _app = app;
        _directory = directory;
    }

    /// <summary>Where it listens, once started.</summary>
    public HubAddresses Addresses => _app.Services.GetRequiredService<HubAddresses>();

    /// <summary>SHA-256 of the CA's public key: what clients and nodes pin.</summary>
    public string Fingerprint => _app.Services.GetRequiredService<CertificateAuthority>().Fingerprint;

    /// <summary>The hub's services, for tests.</summary>
    internal IServiceProvider Services => _app.Services;

    /// <summary>
    /// Opens everything on disk and wires the hub, without starting it. State that cannot be used (a wrong master key, a locked or
    /// damaged directory) is an <see cref="InvalidDataException"/> that says what to do. <paramref name="masterKey"/> is
    /// RXELON_VAULT_KEY, if set.
    /// </summary>
    public static HubHost Build(HubOptions options, string? masterKey, Action<ILoggingBuilder> logging, TimeProvider? time = null)
    {
        var findings = HubOptionsRules.Check(options);
        if (findings.Count > 0)
            throw new InvalidDataException(string.Join(Environment.NewLine, findings));
        var directory = DataDirectory.Open(options.DataDirectory);
        try
        {
            var clock = time ?? TimeProvider.System;
            var authority = CertificateAuthority.OpenOrCreate(Path.Combine(options.DataDirectory, "ca"), options.Network, clock);
            var vault = FileVault.Open(options.DataDirectory, masterKey);
            var bucket = S3Settings.Of(options, Environment.GetEnvironmentVariable);
            if (bucket is not null && BlobStore.HasFiles(options.DataDirectory))
                throw new InvalidDataException($"Hub:Blobs: {options.DataDirectory} holds large blobs as files, and they are not moved; go on with Blobs=folder, or begin a new data directory.");
            var sealing = OpenLedger(options, masterKey, clock);
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "rxelon-hub" });
            // Request lines contain capability paths, which are permissions: they must never be logged.
            logging(builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning));
            builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration()
                .ConfigureKestrel(kestrel => HttpListening.Configure(kestrel, options, authority));
            builder.Services.AddSingleton<IMemoryPoolFactory<byte>, HttpBlocks>();
            builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
            AddState(builder.Services, options, clock, authority, vault, bucket);
            builder.Services.AddRxelonLedger(sealing);
            AddParts(builder.Services, options);
            return new HubHost(builder.Build().MapRxelonApi(), directory);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Starts everything, waits until entities answer, and writes <c>hub.json</c> into the data directory.</summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        await _app.StartAsync(cancel);
        Addresses.HttpUrl = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First().TrimEnd('/');
        Addresses.EdgePort = _app.Services.GetRequiredService<EdgeService>().Port;
        await _app.Services.GetRequiredService<HubWarmUp>().RunAsync(cancel);
        ReadyFile.Write(_app.Services.GetRequiredService<HubOptions>(), Addresses, Fingerprint);
    }

    /// <summary>Until the process is told to stop.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancel) => _app.WaitForShutdownAsync(cancel);

    /// <summary>Stops it in order: no new requests, then the edge, then the private system.</summary>
    public async Task StopAsync()
    {
        ReadyFile.Delete(_app.Services.GetRequiredService<HubOptions>());
        await _app.StopAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        SqliteConnection.ClearAllPools();
        new HubFiles(_directory.Path).FoldAll(); // a stopped hub is whole files
        _directory.Dispose();
    }

    private static SealingServices OpenLedger(HubOptions options, string? masterKey, TimeProvider time) => SealingServices.Open(
        options.DataDirectory, new HubFiles(options.DataDirectory).Journal, MasterKey.Derive(options.DataDirectory, masterKey, SealingServices.KeyPurpose),
        new SealingOptions(
            options.LedgerOrigin, options.PublicHttpUrl ?? options.HttpUrl, options.LedgerPolicy, options.LedgerBatch, options.LedgerCheckpoint,
            options.LedgerRewitness, options.LedgerWitnessTimeout, options.LedgerReplicas),
        new LedgerBoard(), time);

    // By factory, so that the container disposes what was opened above.
    private static void AddState(
        IServiceCollection services, HubOptions options, TimeProvider time, CertificateAuthority authority, FileVault vault, S3Settings? bucket)
    {
        services.AddSingleton(options).AddSingleton(time).AddSingleton<HubAddresses>().AddSingleton<HubWarmUp>();
        services.AddSingleton(_ => authority).AddSingleton<IVault>(_ => vault);
        services.AddSingleton(provider => DiskReserve.Of(options.DataDirectory, options.DiskReserveBytes, provider.GetRequiredService<ILogger<DiskReserve>>()));
        services.AddSingleton<IBlobStore>(provider => BlobStore.Open(
            options, provider.GetRequiredService<DiskReserve>(), time, provider.GetRequiredService<ILogger<BlobStore>>(), bucket is null ? null : new S3ObjectStore(bucket)));
        services.AddSingleton(provider => CapabilityUrls.Open(
            options.DataDirectory, () => provider.GetRequiredService<HubAddresses>().PublicUrl, time));
        services.AddSingleton<ICapabilityUrls>(provider => provider.GetRequiredService<CapabilityUrls>());
        services.AddSingleton<ILogStore>(provider => LogStore.Open(
            options.DataDirectory, provider.GetRequiredService<DiskReserve>(), time, provider.GetRequiredService<ILogger<LogStore>>()));
        services.AddSingleton<IProgressBoard, ProgressBoard>();
        services.AddSingleton<IOperationRecords>(_ => new OperationRecords(new HubFiles(options.DataDirectory).Operations));
        services.AddSingleton<IKnownClients>(_ => new KnownClients(Path.Combine(options.DataDirectory, "clients.allowed"), options.AllowedClients));
        services.AddSingleton<IJoinTokens>(_ => new JoinTokens(Path.Combine(options.DataDirectory, "tokens.db"), authority.Fingerprint, time));
    }

    // In the order in which they start; they stop in the opposite one. The HTTP server starts last and stops first.
    private static void AddParts(IServiceCollection services, HubOptions options)
    {
        services.AddRouting();
        services.AddRxelonIndexes(options);
        services.AddAkka(AkkaHosting.SystemName, (akka, provider) => akka.AddRxelonCluster(options, provider).WithNodeRouter().WithSealer());
        services.AddRxelonEdge();
        services.AddRxelonAdmin();
        services.AddRxelonHttp(options);
    }
}
