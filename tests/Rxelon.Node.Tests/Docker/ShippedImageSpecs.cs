using Docker.DotNet.Models;
using Rxelon.Node.Executors;
using Rxelon.Node.Executors.Docker;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Tests.Docker;

[Collection(DockerTests.Name)]
public sealed class ShippedImageSpecs(DockerFixture docker) : IAsyncLifetime
{
    private readonly ImageTar _image = new($"SECRET-{Guid.NewGuid():N}\n");
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("rxelon-images-");
    private DockerExecutor _executor = null!;

    private SandboxSpec Spec => docker.Spec() with { Image = _image.Id, ShipsImage = true };

    private DockerTerms Terms => new() { TakesImages = true, StateDirectory = _state.FullName };

    public async Task InitializeAsync() => _executor = await docker.ExecutorAsync(Terms);

    public async Task DisposeAsync()
    {
        await _executor.DisposeAsync();
        _state.Delete(recursive: true);
    }

    [Fact]
    public async Task An_image_that_came_with_a_task_runs_and_is_gone_when_the_task_leaves()
    {
        var lease = (await TakeAsync(_image)).Value;
        var ran = await DockerFixture.RunAsync(_executor, DockerFixture.Shell("busybox cat /secret"), Spec);
        Assert.Null(ran.Result.Fault);
        Assert.StartsWith("SECRET-", ran.Files["stdout"], StringComparison.Ordinal);

        await lease.DisposeAsync();

        Assert.False(await IsThereAsync());
    }

    [Fact]
    public async Task While_it_is_there_no_other_task_finds_it()
    {
        await using var lease = (await TakeAsync(_image)).Value;

        Assert.DoesNotContain(_image.Id, await _executor.ImagesAsync(CancellationToken.None) ?? []);
        Assert.Equal(FaultCodes.ImageMissing, (await _executor.PrepareAsync(Spec with { ShipsImage = false }, CancellationToken.None)).Fault?.Code);
    }

    [Fact]
    public async Task The_engine_has_it_on_its_disk_and_the_node_nowhere()
    {
        var marker = $"MARK-{Guid.NewGuid():N}";
        var image = new ImageTar(marker);
        await using var lease = (await TakeAsync(image)).Value;

        Assert.Empty(TestState.FilesWith(_state.FullName, marker));
        Assert.Empty(TestState.FilesWith(docker.State.Path, marker));
        await lease.DisposeAsync();
        Assert.Empty(TestState.FilesWith((await _executor.Engine.System.GetSystemInfoAsync()).DockerRootDir, marker));
    }

    /// <summary>Engines skip layers that they have: without the check an id or a layer's digest would be enough to see its files.</summary>
    [Fact]
    public async Task Who_knows_the_id_but_has_not_the_layers_gets_nothing_and_the_first_task_goes_on()
    {
        await using var lease = (await TakeAsync(_image)).Value;
        var thief = new ImageTar("something else") { Config = _image.Config };

        Assert.Equal(FaultCodes.Malformed, (await TakeAsync(thief)).Fault?.Code);
        Assert.Null((await DockerFixture.RunAsync(_executor, DockerFixture.Shell("true"), Spec)).Result.Fault);
    }

    [Fact]
    public async Task Two_tasks_with_the_same_image_share_it_until_both_left()
    {
        var first = (await TakeAsync(_image)).Value;
        var second = (await TakeAsync(_image)).Value;

        await first.DisposeAsync();
        Assert.True(await IsThereAsync());
        await second.DisposeAsync();
        Assert.False(await IsThereAsync());
    }

    [Fact]
    public async Task Another_image_than_the_task_names_is_refused()
    {
        var taken = await _executor.TakeImageAsync("sha256:" + new string('1', 64), _image.Open(), CancellationToken.None);

        Assert.Equal((FaultCodes.Malformed, Culprit.Input), (taken.Fault?.Code, taken.Fault?.Culprit));
        Assert.False(await IsThereAsync());
    }

    [Fact]
    public async Task A_tag_in_the_archive_names_nothing_on_the_node()
    {
        var taken = await _executor.TakeImageAsync(_image.Id, _image.Open("rxelon-probe:1"), CancellationToken.None);
        await using var lease = taken.Value;

        Assert.Empty((await _executor.Engine.Images.InspectImageAsync(_image.Id)).RepoTags ?? []);
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("repositories")]
    [InlineData("link")]
    public async Task What_is_not_in_the_format_is_refused_before_the_engine_loads_anything(string name)
    {
        var taken = await _executor.TakeImageAsync(_image.Id, _image.Open(null, (name, name == "link" ? null : [1])), CancellationToken.None);

        Assert.Equal(FaultCodes.Malformed, taken.Fault?.Code);
        Assert.False(await IsThereAsync());
    }

    [Fact]
    public async Task An_archive_that_ends_early_is_refused()
    {
        var whole = ((MemoryStream)_image.Open()).ToArray();

        var taken = await _executor.TakeImageAsync(_image.Id, new MemoryStream(whole[..(whole.Length / 2)]), CancellationToken.None);

        Assert.Equal(FaultCodes.Malformed, taken.Fault?.Code);
        Assert.False(await IsThereAsync());
    }

    [Fact]
    public async Task An_operator_who_takes_no_images_refuses_them()
    {
        Assert.Equal(FaultCodes.ImageRefused, (await docker.Executor.PrepareAsync(Spec, CancellationToken.None)).Fault?.Code);
        Assert.Equal(FaultCodes.ImageRefused, (await docker.Executor.TakeImageAsync(_image.Id, _image.Open(), CancellationToken.None)).Fault?.Code);
    }

    [Fact]
    public async Task An_image_beyond_the_budget_is_refused()
    {
        await using var small = await docker.ExecutorAsync(Terms with { ImageBudget = 100_000 });

        Assert.Equal(FaultCodes.ImageRefused, (await small.TakeImageAsync(_image.Id, _image.Open(), CancellationToken.None)).Fault?.Code);
        Assert.False(await IsThereAsync());
    }

    [Fact]
    public async Task What_a_killed_node_left_is_removed_by_the_next_one()
    {
        Assert.True((await TakeAsync(_image)).IsOk);

        await using var successor = await docker.ExecutorAsync(Terms);
        await successor.DestroyLeftoversAsync(CancellationToken.None);

        Assert.False(await IsThereAsync());
    }

    private Task<Outcome<IAsyncDisposable>> TakeAsync(ImageTar image) => _executor.TakeImageAsync(image.Id, image.Open(), CancellationToken.None);

    private async Task<bool> IsThereAsync()
        => (await docker.Executor.Engine.Images.ListImagesAsync(new ImagesListParameters { All = true })).Any(i => i.ID == _image.Id);
}
