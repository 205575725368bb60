using Rxelon.Node.Executors.Docker;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Tests.Docker;

[Collection(DockerTests.Name)]
public sealed class RegistrySpecs(DockerFixture docker, RegistryProcess registry) : IClassFixture<RegistryProcess>
{
    private static readonly string _nowhere = "sha256:" + new string('0', 64);

    [Fact]
    public async Task An_image_that_is_only_in_an_allowed_registry_is_pulled_by_digest_and_runs()
    {
        var (repository, digest, id) = await registry.PushAsync(docker, "team/busybox");
        await using var executor = await docker.ExecutorAsync(new DockerTerms { Registries = [$"{registry.Host}/team"] });
        Assert.DoesNotContain(digest, await docker.Executor.Images.ListAsync(CancellationToken.None));

        var ran = await DockerFixture.RunAsync(executor, DockerFixture.Shell("echo $PUSHED"), docker.Spec() with { Image = digest, Repository = repository });

        Assert.Null(ran.Result.Fault);
        Assert.Equal(33, ran.Files["stdout"].Length);
        Assert.Contains(digest, await executor.ImagesAsync(CancellationToken.None) ?? []);
        await executor.DisposeAsync();
        await RegistryProcess.RemoveAsync(docker, id);
    }

    [Fact]
    public async Task What_the_operator_does_not_allow_is_refused_and_not_pulled()
    {
        var (repository, digest, _) = await registry.PushAsync(docker, "others/busybox");
        await using var executor = await docker.ExecutorAsync(new DockerTerms { Registries = [$"{registry.Host}/other", "docker.io"] });

        var refused = await executor.PrepareAsync(docker.Spec() with { Image = digest, Repository = repository }, CancellationToken.None);

        Assert.Equal((FaultCodes.ImageRefused, Culprit.Node), (refused.Fault?.Code, refused.Fault?.Culprit));
        Assert.Contains(repository, refused.Fault!.Message);
        Assert.DoesNotContain(digest, await docker.Executor.Images.ListAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_digest_that_the_registry_does_not_have_is_the_tasks_fault()
    {
        var (repository, _, _) = await registry.PushAsync(docker, "team/known");

        var missing = await PrepareAsync(repository, _nowhere);

        Assert.Equal((FaultCodes.ImageUnavailable, Culprit.Input), (missing?.Code, missing?.Culprit));
    }

    [Fact]
    public async Task A_registry_that_does_not_answer_is_the_networks_fault()
    {
        var silent = await PrepareAsync("127.0.0.1:1/team/busybox", _nowhere, "127.0.0.1:1");

        Assert.Equal((FaultCodes.ImageUnavailable, Culprit.Network), (silent?.Code, silent?.Culprit));
    }

    /// <summary>Somebody who controls the registry cannot put another image under the digest.</summary>
    [Fact]
    public async Task A_manifest_that_was_altered_in_the_registry_is_not_taken()
    {
        var (repository, digest, _) = await registry.PushAsync(docker, "team/altered");
        var hex = digest["sha256:".Length..];
        var manifest = Path.Combine(registry.Storage, "docker/registry/v2/blobs/sha256", hex[..2], hex, "data");
        await File.WriteAllTextAsync(manifest, (await File.ReadAllTextAsync(manifest)).Replace("\"size\": ", "\"size\":  ", StringComparison.Ordinal));

        var altered = await PrepareAsync(repository, digest);

        Assert.Equal(FaultCodes.ImageUnavailable, altered?.Code);
        Assert.DoesNotContain(digest, await docker.Executor.Images.ListAsync(CancellationToken.None));
    }

    private async Task<Fault?> PrepareAsync(string repository, string digest, string? allowed = null)
    {
        await using var executor = await docker.ExecutorAsync(new DockerTerms { Registries = [allowed ?? registry.Host] });
        return (await executor.PrepareAsync(docker.Spec() with { Image = digest, Repository = repository }, CancellationToken.None)).Fault;
    }
}
