using System.Diagnostics;
using System.Text.RegularExpressions;
using Docker.DotNet.Models;

namespace Rxelon.Node.Tests.Docker;

/// <summary>Debian's <c>docker-registry</c> as a process on a loopback port, with one image pushed to it by the engine.</summary>
public sealed partial class RegistryProcess : IAsyncLifetime
{
    private const string Program = "/usr/bin/docker-registry";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rxelon-registry-");
    private Process? _process;

    /// <summary>Such as 127.0.0.1:40123.</summary>
    internal string Host { get; private set; } = "";

    internal string Storage => Path.Combine(_folder.FullName, "data");

    public async Task InitializeAsync()
    {
        if (!File.Exists(Program))
            throw new InvalidOperationException("There is no docker-registry: run ./rx test, which installs it.");
        var config = Path.Combine(_folder.FullName, "config.yml");
        await File.WriteAllTextAsync(config, $"""
            version: 0.1
            log: {"{"} level: info, accesslog: {"{"} disabled: true {"}"} {"}"}
            storage: {"{"} filesystem: {"{"} rootdirectory: {Storage} {"}"} {"}"}
            http: {"{"} addr: "127.0.0.1:0" {"}"}
            """);
        var start = new ProcessStartInfo(Program, ["serve", config]) { RedirectStandardError = true, RedirectStandardOutput = true };
        var listening = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += Read;
        _process.ErrorDataReceived += Read;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Host = await listening.Task.WaitAsync(TimeSpan.FromSeconds(60));

        void Read(object sender, DataReceivedEventArgs line)
        {
            if (Listening().Match(line.Data ?? "") is { Success: true } match)
                listening.TrySetResult(match.Groups[1].Value);
        }
    }

    public async Task DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>A new image that differs by its environment, pushed and then removed from the engine; its repository and digest.</summary>
    internal async Task<(string Repository, string Digest, string Id)> PushAsync(DockerFixture docker, string name)
    {
        var images = docker.Executor.Engine.Images;
        var repository = $"{Host}/{name}";
        var id = await BusyboxImage.ImportAsync(docker.Executor.Engine, repository, $"ENV PUSHED={Guid.NewGuid():N}");
        await images.PushImageAsync(repository, new ImagePushParameters { Tag = "busybox" }, new AuthConfig(), new Progress<JSONMessage>());
        var digest = (await images.InspectImageAsync(id)).RepoDigests.Single(d => d.StartsWith(repository + "@", StringComparison.Ordinal));
        await RemoveAsync(docker, id);
        return (repository, digest[(repository.Length + 1)..], id);
    }

    internal static async Task RemoveAsync(DockerFixture docker, string id)
        => await docker.Executor.Engine.Images.DeleteImageAsync(id, new ImageDeleteParameters { Force = true });

    [GeneratedRegex("listening on ([0-9.]+:[0-9]+)")]
    private static partial Regex Listening();
}
