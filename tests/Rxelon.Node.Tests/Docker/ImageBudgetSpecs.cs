using Docker.DotNet.Models;
using Microsoft.Extensions.Time.Testing;
using Rxelon.Node.Executors;
using Rxelon.Node.Executors.Docker;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Tests.Docker;

/// <summary>Small images in a real registry, a real engine, and a budget that holds two of them.</summary>
[Collection(DockerTests.Name)]
public sealed class ImageBudgetSpecs(DockerFixture docker, RegistryProcess registry) : IClassFixture<RegistryProcess>, IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("rxelon-images-");
    private readonly List<string> _pushed = [];
    private long _size;

    public async Task InitializeAsync() => _size = (await docker.Executor.Engine.Images.InspectImageAsync(docker.Image)).Size;

    public async Task DisposeAsync()
    {
        foreach (var id in _pushed)
        {
            if ((await docker.Executor.Images.LookUpAsync(id, CancellationToken.None)).IsOk)
                await RegistryProcess.RemoveAsync(docker, id);
        }

        _state.Delete(recursive: true);
    }

    [Fact]
    public async Task When_the_budget_is_full_the_least_recently_used_image_goes()
    {
        var (a, b, c) = (await PushAsync(), await PushAsync(), await PushAsync());
        await using var node = await NodeAsync();
        await UseAsync(node, a);
        await UseAsync(node, b);
        await UseAsync(node, a);
        await UseAsync(node, c);

        Assert.Equal((true, false, true), (await HasAsync(a), await HasAsync(b), await HasAsync(c)));
    }

    [Fact]
    public async Task What_an_earlier_process_pulled_counts_and_goes_as_well()
    {
        var (a, b, c) = (await PushAsync(), await PushAsync(), await PushAsync());
        await using (var earlier = await NodeAsync())
        {
            await UseAsync(earlier, a);
            await UseAsync(earlier, b);
        }

        await using var node = await NodeAsync();
        await UseAsync(node, c);

        Assert.Equal((false, true, true), (await HasAsync(a), await HasAsync(b), await HasAsync(c)));
    }

    [Fact]
    public async Task An_image_in_use_and_one_of_the_preload_list_stay()
    {
        var (preloaded, used, c, d) = (await PushAsync(), await PushAsync(), await PushAsync(), await PushAsync());
        await using var node = await NodeAsync(preloaded);
        Assert.Empty(await (await node.AdoptAsync(docker.Executor.Facts, CancellationToken.None)).Later!);
        await using var sandbox = (await PrepareAsync(node, used)).Value;
        await UseAsync(node, c);
        await UseAsync(node, d);

        Assert.Equal((true, true, false, true), (await HasAsync(preloaded), await HasAsync(used), await HasAsync(c), await HasAsync(d)));
    }

    [Fact]
    public async Task What_the_operator_had_before_is_never_removed()
    {
        var (own, b, c, d) = (await PushAsync(), await PushAsync(), await PushAsync(), await PushAsync());
        await docker.Executor.Engine.Images.CreateImageAsync(
            new ImagesCreateParameters { FromImage = own.Repository, Tag = "busybox" }, new AuthConfig(), new Progress<JSONMessage>());
        await using var node = await NodeAsync();
        foreach (var image in (ImageReference[])[own, b, c, d])
            await UseAsync(node, image);

        Assert.Equal((true, false, true, true), (await HasAsync(own), await HasAsync(b), await HasAsync(c), await HasAsync(d)));
    }

    [Fact]
    public async Task An_image_larger_than_the_whole_budget_is_refused_and_does_not_stay()
    {
        var image = await PushAsync();
        await using var node = await NodeAsync(budget: _size - 1);

        Assert.Equal(FaultCodes.ImageRefused, (await PrepareAsync(node, image)).Fault?.Code);
        Assert.False(await HasAsync(image));
    }

    [Fact]
    public async Task A_preload_that_the_registry_does_not_have_is_told()
    {
        await using var node = await NodeAsync(new ImageReference($"{registry.Host}/team/none", "sha256:" + new string('0', 64)));

        Assert.Contains("team/none", Assert.Single(await (await node.AdoptAsync(docker.Executor.Facts, CancellationToken.None)).Later!), StringComparison.Ordinal);
    }

    private async Task<ImageReference> PushAsync()
    {
        var (repository, digest, id) = await registry.PushAsync(docker, $"team/i{Guid.NewGuid():N}");
        _pushed.Add(id);
        return new ImageReference(repository, digest);
    }

    private Task<DockerExecutor> NodeAsync(ImageReference? preload = null, long? budget = null) => docker.ExecutorAsync(
        new DockerTerms
        {
            Registries = [registry.Host],
            Preload = preload is null ? [] : [preload],
            ImageBudget = budget ?? (_size * 5 / 2),
            StateDirectory = _state.FullName,
        },
        _time);

    private async Task UseAsync(DockerExecutor node, ImageReference image)
    {
        _time.Advance(TimeSpan.FromMinutes(2));
        var prepared = await PrepareAsync(node, image);
        Assert.Null(prepared.Fault);
        await prepared.Value.DisposeAsync();
    }

    private Task<Outcome<ISandbox>> PrepareAsync(DockerExecutor node, ImageReference image)
        => node.PrepareAsync(docker.Spec() with { Image = image.Digest, Repository = image.Repository }, CancellationToken.None);

    private async Task<bool> HasAsync(ImageReference image)
        => (await docker.Executor.Images.ListAsync(CancellationToken.None)).Contains(image.Digest);
}
