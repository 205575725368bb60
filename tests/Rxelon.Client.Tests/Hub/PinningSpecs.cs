using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rxelon.Client.Hub;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Api;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Tests.Hub;

public sealed class PinningSpecs : IAsyncLifetime
{
    private readonly X509Certificate2 _authority = Authority("CN=right");
    private readonly X509Certificate2 _stranger = Authority("CN=wrong");
    private readonly List<WebApplication> _servers = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        _authority.Dispose();
        _stranger.Dispose();
    }

    [Fact]
    public async Task A_hub_of_the_pinned_authority_is_believed()
    {
        var url = await ServeAsync(Leaf(_authority, "127.0.0.1"), _authority);
        Assert.True((await InfoAsync(url, _authority)).IsOk);
    }

    [Fact]
    public async Task A_hub_that_only_shows_the_right_authority_without_being_signed_by_it_is_not()
    {
        var url = await ServeAsync(Leaf(_stranger, "127.0.0.1"), _authority);
        Assert.Equal(FaultCodes.UntrustedHub, (await InfoAsync(url, _authority)).Fault?.Code);
    }

    [Fact]
    public async Task A_hub_of_another_authority_is_not()
    {
        var url = await ServeAsync(Leaf(_stranger, "127.0.0.1"), _stranger);
        Assert.Equal(FaultCodes.UntrustedHub, (await InfoAsync(url, _authority)).Fault?.Code);
    }

    [Fact]
    public async Task A_certificate_of_another_name_is_not()
    {
        var url = await ServeAsync(Leaf(_authority, "127.0.0.2"), _authority);
        Assert.Equal(FaultCodes.UntrustedHub, (await InfoAsync(url, _authority)).Fault?.Code);
    }

    private static async Task<Outcome<HubInfo>> InfoAsync(string url, X509Certificate2 pinned)
    {
        var pin = Convert.ToHexStringLower(SHA256.HashData(pinned.PublicKey.ExportSubjectPublicKeyInfo()));
        using var client = new HubClient(HubAddress.Parse($"{url}#{pin}").Value, null, TimeProvider.System);
        return await client.InfoAsync();
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddDays(2));
    }

    private static X509Certificate2 Leaf(X509Certificate2 issuer, string address)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=hub", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        request.CertificateExtensions.Add(names.Build());
        using var bare = request.Create(issuer, TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddDays(1), [1, 2, 3]);
        using var full = bare.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(full.Export(X509ContentType.Pfx), null);
    }

    private async Task<string> ServeAsync(X509Certificate2 leaf, X509Certificate2 shown)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(leaf)));
        var app = builder.Build();
        _servers.Add(app);
        app.MapGet("/v1/ca", () => Microsoft.AspNetCore.Http.Results.Bytes(shown.RawData, "application/pkix-cert"));
        app.MapGet("/v1/info", () => FakeHub.Json(new HubInfo("0", "test", new byte[32], "", 0, 0, 0)));
        await app.StartAsync();
        return app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
    }
}
