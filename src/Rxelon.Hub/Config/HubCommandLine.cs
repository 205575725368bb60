using System.CommandLine;

namespace Rxelon.Hub.Config;

/// <summary><c>rxelon-hub run …</c>. What is not given here comes from RXELON_HUB__ variables, then from the defaults.</summary>
internal static class HubCommandLine
{
    internal static RootCommand Build(Func<HubOptions, CancellationToken, Task<int>> run)
    {
        var data = new Option<string>("--data") { Description = "Directory for journal, blobs, keys and the admin socket", Required = true };
        var http = new Option<string?>("--http") { Description = "Where the HTTP API listens; port 0 picks one" };
        var certificate = new Option<string?>("--certificate") { Description = "PEM certificate for https, or 'ca'" };
        var key = new Option<string?>("--certificate-key") { Description = "PEM key of the certificate" };
        var publicHttp = new Option<string?>("--public-http") { Description = "Base URL by which nodes reach the HTTP API" };
        var edge = new Option<string?>("--edge") { Description = "HOST:PORT where nodes connect; port 0 picks one" };
        var publicEdge = new Option<string?>("--public-edge") { Description = "The host name that nodes dial" };
        var network = new Option<string?>("--network") { Description = "The network's name" };
        var approval = new Option<bool>("--approve-nodes") { Description = "New nodes wait for an admin's approval" };
        var mock = new Option<bool>("--allow-mock") { Description = "Accept mock tasks (tests and benches)" };
        var command = new Command("run", "Runs the hub until it is stopped")
        {
            data, http, certificate, key, publicHttp, edge, publicEdge, network, approval, mock,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            var options = new HubOptions();
            new ConfigurationBuilder().AddEnvironmentVariables("RXELON_").Build().GetSection("Hub").Bind(options);
            options.DataDirectory = Path.GetFullPath(parsed.GetValue(data)!);
            options.HttpUrl = parsed.GetValue(http) ?? options.HttpUrl;
            options.HttpCertificate = parsed.GetValue(certificate) ?? options.HttpCertificate;
            options.HttpCertificateKey = parsed.GetValue(key) ?? options.HttpCertificateKey;
            options.PublicHttpUrl = parsed.GetValue(publicHttp) ?? options.PublicHttpUrl;
            options.Network = parsed.GetValue(network) ?? options.Network;
            options.NodesNeedApproval |= parsed.GetValue(approval);
            options.AllowMock |= parsed.GetValue(mock);
            if (parsed.GetValue(edge) is { } address && !SetEdge(options, address))
            {
                await Console.Error.WriteLineAsync($"--edge: '{address}' is not HOST:PORT.");
                return 2;
            }

            options.EdgePublicHost = parsed.GetValue(publicEdge) ?? options.EdgePublicHost;
            return await run(options, cancel);
        });
        return new RootCommand("The Central Hub System's server.") { command };
    }

    private static bool SetEdge(HubOptions options, string address)
    {
        var colon = address.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(address.AsSpan(colon + 1), out var port))
            return false;
        options.EdgeBindHost = address[..colon];
        options.EdgePort = port;
        if (options.EdgeBindHost is not ("0.0.0.0" or "::"))
            options.EdgePublicHost = options.EdgeBindHost;
        return true;
    }
}
