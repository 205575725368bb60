using System.Net;
using System.Security.Cryptography.X509Certificates;
using Akka.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Rxelon.Hub.Admin;
using Rxelon.Hub.Blobs;
using Rxelon.Hub.Edge;
using Rxelon.Hub.Enrolment;
using Rxelon.Hub.Http;
using Rxelon.Hub.Vault;
using Rxelon.Link.Certificates;

namespace Rxelon.Hub.Config;

/// <summary>The composition root: the one place that knows every part of a hub.</summary>
public static class HubServer
{
    /// <summary>Puts a hub together; the options must have passed <see cref="HubOptionsValidation"/>.</summary>
    public static WebApplication Build(HubOptions options)
    {
        _ = new HubFiles(options.DataDirectory);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddSimpleConsole(c => c.SingleLine = true)
            .AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("Akka", LogLevel.Warning);
        builder.Host.ConfigureHostOptions(h => h.ShutdownTimeout = TimeSpan.FromSeconds(45));
        var services = builder.Services;
        var authority = CertificateAuthority.OpenOrCreate(Path.Combine(options.DataDirectory, "ca"), options.Network, TimeProvider.System);
        services.AddSingleton(options).AddSingleton(TimeProvider.System).AddSingleton(authority);
        services.AddSingleton<IVault>(FileVault.Open(options.DataDirectory, Environment.GetEnvironmentVariable("RXELON_VAULT_KEY")));
        services.AddSingleton<IBlobStore>(s => FolderBlobStore.Open(options, TimeProvider.System, s.GetRequiredService<ILogger<FolderBlobStore>>()));
        services.AddSingleton(s => CapabilityUrls.Open(options.DataDirectory, () => BaseUrl(options, s), TimeProvider.System));
        services.AddSingleton<ICapabilityUrls>(s => s.GetRequiredService<CapabilityUrls>());
        services.AddSingleton<IJoinTokens>(new JoinTokens(Path.Combine(options.DataDirectory, "tokens.db"), authority.Fingerprint, TimeProvider.System));
        services.AddRxelonIndexes(options);
        services.AddAkka(AkkaHosting.SystemName, (akka, provider) => akka.AddRxelonCluster(options, provider).WithNodeRouter());
        services.AddRxelonEdge();
        services.AddRxelonAdmin();
        services.AddRxelonApi(options);
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            Listen(kestrel, options, authority);
        });
        var app = builder.Build();
        app.MapRxelonApi();
        return app;
    }

    /// <summary>Where the HTTP API listens, with the port that was picked.</summary>
    public static string HttpUrl(IServiceProvider services)
        => services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    private static string BaseUrl(HubOptions options, IServiceProvider services)
        => (options.PublicHttpUrl ?? HttpUrl(services)).TrimEnd('/');

    private static void Listen(Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions kestrel, HubOptions options, CertificateAuthority authority)
    {
        var url = new Uri(options.HttpUrl);
        var address = url.Host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(url.DnsSafeHost);
        kestrel.Listen(address, url.Port, listen =>
        {
            if (url.Scheme == "https")
                listen.UseHttps(Certificate(options, authority, url));
        });
    }

    private static X509Certificate2 Certificate(HubOptions options, CertificateAuthority authority, Uri url)
    {
        if (options.HttpCertificate != "ca")
            return X509Certificate2.CreateFromPemFile(options.HttpCertificate!, options.HttpCertificateKey);
        var names = new List<string> { url.DnsSafeHost, options.EdgePublicHost };
        if (options.PublicHttpUrl is { } known)
            names.Add(new Uri(known).DnsSafeHost);
        return authority.IssueServer([.. names.Distinct()], CertificateAuthority.ServerLifetime);
    }
}
