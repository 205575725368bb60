using System.Diagnostics;
using Docker.DotNet;

namespace Rxelon.Node.Tests.Docker;

/// <summary>A container engine of its own that maps users (<c>userns-remap</c>), without a network like the tests' other one.</summary>
public sealed class RemappedEngine : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rxelon-userns-");
    private Process? _process;

    internal Uri Endpoint => new($"unix://{_folder.FullName}/docker.sock");

    public async Task InitializeAsync()
    {
        // The mapped users must get through to the images.
        var folder = _folder.FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        _process = Process.Start(new ProcessStartInfo("dockerd", [
            "--userns-remap=default", "--data-root", $"{folder}/data", "--exec-root", $"{folder}/exec", "--pidfile", $"{folder}/docker.pid", "-H", Endpoint.ToString(),
            "--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-masq=false"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        using var configuration = new DockerClientConfiguration(Endpoint);
        using var client = configuration.CreateClient();
        await Eventually.TrueAsync("the engine answers", async () =>
        {
            Assert.False(_process.HasExited, "The engine did not start.");
            try
            {
                await client.System.PingAsync();
                return true;
            }
            catch (Exception e) when (e is HttpRequestException or DockerApiException or IOException or System.Net.Sockets.SocketException)
            {
                return false;
            }
        });
    }

    public async Task DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            using (var stop = Process.Start("kill", [$"{_process.Id}"]))
                await stop.WaitForExitAsync();
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        _folder.Delete(recursive: true);
    }
}
