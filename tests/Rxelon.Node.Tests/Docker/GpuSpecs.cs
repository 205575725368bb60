using Rxelon.Node.Executors.Docker;
using Rxelon.Node.Executors.Gpus;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Tests.Docker;

/// <summary>
/// There is no GPU where these run: what is found is a double of the drivers' files, what the engine is asked for is asked of a real
/// engine.
/// </summary>
[Collection(DockerTests.Name)]
public sealed class GpuSpecs(DockerFixture docker) : IDisposable
{
    private const string Uuid = "GPU-11111111-2222-3333-4444-555555555555";
    private readonly GpuTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Each_vendors_GPUs_are_found_with_what_can_be_read_of_them()
    {
        _tree.WithNvidia("0000:01:00.0", Uuid, "NVIDIA GeForce RTX 4090").WithSmi($"{Uuid}, 24564\\n")
            .WithCard(0, "0x1002", 16L << 30, "Radeon PRO W7800", hasKfd: true).WithCard(1, "0x8086", null, null).WithCard(2, "0x1234", 1 << 20, "VGA");

        var found = new GpuScan(_tree.Root).Find();

        Assert.Equal(
            [
                new GpuInfo(GpuVendor.Nvidia, "NVIDIA GeForce RTX 4090", 24564L << 20), new GpuInfo(GpuVendor.Amd, "Radeon PRO W7800", 16L << 30),
                new GpuInfo(GpuVendor.Intel, "Intel 0x744c", 0),
            ],
            found.Select(g => g.Info));
        Assert.Equal(Uuid, found[0].Id);
        Assert.Equal(["/dev/dri/renderD128", "/dev/kfd"], found[1].Devices);
        Assert.Equal(["/dev/dri/renderD129"], found[2].Devices);
    }

    [Fact]
    public void Without_the_drivers_tool_an_NVIDIA_GPU_has_no_known_memory()
        => Assert.Equal(0, Assert.Single(new GpuScan(_tree.WithNvidia("0000:01:00.0", Uuid, "A100").Root).Find()).Info.Memory);

    [Fact]
    public void A_machine_without_GPUs_has_none() => Assert.Empty(new GpuScan(_tree.Root).Find());

    [Fact]
    public void A_GPU_belongs_to_one_attempt_at_a_time_and_the_smallest_that_does_goes_first()
    {
        _tree.WithCard(0, "0x1002", 16L << 30, "large").WithCard(1, "0x1002", 8L << 30, "small").WithCard(2, "0x8086", null, "other");
        var pool = new GpuPool(new GpuScan(_tree.Root).Find());

        using var first = pool.Rent(new GpuRequest(1, GpuVendor.Amd, 4L << 30)).Value;
        Assert.Equal("small", Assert.Single(first.Gpus).Info.Model);
        var second = pool.Rent(new GpuRequest(1, GpuVendor.Amd, 4L << 30)).Value;
        Assert.Equal("large", Assert.Single(second.Gpus).Info.Model);
        Assert.Equal(FaultCodes.NodeBusy, pool.Rent(new GpuRequest(1, GpuVendor.Amd)).Fault?.Code);
        second.Dispose();
        Assert.Equal("large", Assert.Single(pool.Rent(new GpuRequest(1, GpuVendor.Amd)).Value.Gpus).Info.Model);
    }

    [Fact]
    public async Task A_container_gets_its_device_files_and_may_open_them_and_gives_them_back()
    {
        _tree.WithCard(0, "0x1002", 16L << 30, "card", hasKfd: true, group: 4711).WithCard(1, "0x1002", 16L << 30, "another");
        await using var executor = await docker.ExecutorAsync(new DockerTerms { Root = _tree.Root });
        Assert.Equal(2, (await executor.AdoptAsync(docker.Executor.Facts, CancellationToken.None)).Gpus.Count);
        var spec = docker.Spec() with { Gpu = new GpuRequest(1) };

        for (var i = 0; i < 3; i++)
        {
            var ran = await DockerFixture.RunAsync(
                executor, DockerFixture.Shell("busybox ls /dev/dri; echo x > /dev/dri/renderD128 && echo x > /dev/kfd && echo opened; busybox id -G; busybox id -u"), spec);

            Assert.Null(ran.Result.Fault);
            Assert.Equal("renderD128\nopened\n65534 4711\n65534\n", ran.Files["stdout"]);
        }

        var without = await DockerFixture.RunAsync(executor, DockerFixture.Shell("busybox ls /dev/dri || echo none"), docker.Spec());
        Assert.Equal("none\n", without.Files["stdout"]);
    }

    /// <summary>This engine has no NVIDIA runtime: that it says so shows that it was asked for one.</summary>
    [Fact]
    public async Task An_NVIDIA_GPU_is_asked_of_the_engine_as_a_device_request_by_its_UUID()
    {
        _tree.WithNvidia("0000:01:00.0", Uuid, "A100");
        await using var executor = await docker.ExecutorAsync(new DockerTerms { Root = _tree.Root });

        var refused = await DockerFixture.RunAsync(executor, DockerFixture.Shell("true"), docker.Spec() with { Gpu = new GpuRequest(1, GpuVendor.Nvidia) });

        Assert.Equal(FaultCodes.ExecutorFailed, refused.Code);
        Assert.Contains("nvidia", refused.Result.Fault!.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("gpu", refused.Result.Fault.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void The_device_request_names_the_GPU_and_nothing_else()
    {
        var scan = new GpuScan(_tree.WithNvidia("0000:01:00.0", Uuid, "A100").Root);
        var host = new global::Docker.DotNet.Models.HostConfig();

        Hardening.AddGpus(host, scan.Find(), scan);

        var request = Assert.Single(host.DeviceRequests);
        Assert.Equal(("nvidia", 0, Uuid, "gpu"), (request.Driver, request.Count, request.DeviceIDs.Single(), request.Capabilities.Single().Single()));
        Assert.Null(host.Devices);
    }
}
