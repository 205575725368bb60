using Rxelon.Hub.Admin;
using Rxelon.Hub.Config;
using Rxelon.Hub.Edge;
using Rxelon.Link.Certificates;

return await HubCommandLine.Build(RunAsync).Parse(args).InvokeAsync();

static async Task<int> RunAsync(HubOptions options, CancellationToken cancel)
{
    var wrong = HubOptionsValidation.Check(options);
    if (wrong.Count > 0)
    {
        foreach (var finding in wrong)
            await Console.Error.WriteLineAsync(finding);
        return 2;
    }

    await using var app = HubServer.Build(options);
    await app.StartAsync(cancel);
    var http = HubServer.HttpUrl(app.Services);
    var edge = app.Services.GetRequiredService<EdgeService>();
    var fingerprint = app.Services.GetRequiredService<CertificateAuthority>().Fingerprint;
    var socket = Path.Combine(options.DataDirectory, AdminHosting.SocketName);
    ReadyFile.Write(options.DataDirectory, http, options.EdgePublicHost, edge.Port, socket, fingerprint);
    Console.WriteLine($"http   {http}");
    Console.WriteLine($"edge   {options.EdgePublicHost}:{edge.Port}");
    Console.WriteLine($"admin  {socket}");
    Console.WriteLine($"CHS fingerprint  {fingerprint}");
    await app.WaitForShutdownAsync(cancel);
    ReadyFile.Remove(options.DataDirectory);
    return 0;
}
