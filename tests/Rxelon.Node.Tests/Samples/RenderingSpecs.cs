using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using Docker.DotNet.Models;
using Rxelon.Node.Executors.Vm;
using Rxelon.Node.Tests.Docker;
using Rxelon.Node.Tests.Vm;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Tests.Samples;

/// <summary>The rendering sample with the real POV-Ray, in an image that is built from Debian's packages here.</summary>
[Collection(DockerTests.Name)]
public sealed class RenderingSpecs(DockerFixture docker, RenderingImage image) : IClassFixture<RenderingImage>, IAsyncLifetime
{
    private const int Width = 96;
    private const int Height = 54;

    private static readonly byte[] PngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

    public async Task InitializeAsync()
    {
        using var archive = File.OpenRead(image.Archive);
        await docker.Executor.Engine.Images.LoadImageAsync(new ImageLoadParameters { Quiet = true }, archive, new Progress<JSONMessage>());
    }

    public Task DisposeAsync()
        => docker.Executor.Engine.Images.DeleteImageAsync(image.Id, new ImageDeleteParameters { Force = true });

    [Fact]
    public async Task Tiles_make_the_picture_that_one_machine_draws_and_frames_differ()
    {
        var whole = await RenderAsync("tile", 0, 1);
        byte[][] tiles = [await RenderAsync("tile", 0, 4), await RenderAsync("tile", 1, 4), await RenderAsync("tile", 2, 4), await RenderAsync("tile", 3, 4)];
        var (first, later) = (await RenderAsync("frame", 0, 12), await RenderAsync("frame", 6, 12));

        Assert.Equal(Width * Height * 3, whole.Length);
        Assert.True(whole.Distinct().Count() > 100, "The picture has hardly any colours.");
        Assert.Equal(whole, tiles.SelectMany(t => t));
        Assert.All((byte[][])[first, later], f => Assert.Equal(PngSignature, f[..8]));
        Assert.NotEqual(first, later);
    }

    [Fact]
    public async Task A_scene_of_the_users_own_is_drawn_and_a_mistake_in_it_is_told()
    {
        var red = await RenderAsync("tile", 0, 1, "#version 3.7; global_settings { assumed_gamma 1 } background { rgb <1, 0, 0> }");
        var wrong = await RunAsync("tile", 0, 1, "#version 3.7; sphere { nonsense }");

        Assert.Equal(Enumerable.Repeat<byte[]>([255, 0, 0], Width * Height).SelectMany(p => p), red);
        Assert.NotEqual(0, wrong.Result.Metering.ExitCode);
        Assert.Contains("Parse Error", wrong.Result.StderrTail, StringComparison.Ordinal);
    }

    private async Task<byte[]> RenderAsync(string kind, int part, int parts, string? scene = null)
    {
        var ran = await RunAsync(kind, part, parts, scene);
        Assert.True(ran.Result.Fault is null, $"{ran.Result.Fault?.Message} {ran.Result.StderrTail}");
        return Sample.Bytes(ran.Output).Single(f => f.Name == (kind == "tile" ? "stdout" : $"out/frame-{part:0000}.png")).Data;
    }

    private Task<Ran> RunAsync(string kind, int part, int parts, string? scene)
    {
        var program = new ProgramBundle { Version = 1 };
        program.Command.AddRange(["/render.sh", kind, $"{Width}", $"{Height}", "{part}", "{parts}"]);
        var input = scene is null ? Parts.Input() : Sample.Input(("in/scene.pov", Encoding.UTF8.GetBytes(scene)));
        return docker.RunAsync(program, input, Parts.Spec(memory: 256 << 20, seconds: 60, output: 1 << 20, image: image.Id, part: part, parts: parts));
    }
}

/// <summary>The same in a virtual machine of the same files.</summary>
[Collection(VmTests.Name)]
public sealed class RenderingMachineSpecs(VmFixture vm, RenderingImage image) : IClassFixture<RenderingImage>
{
    private const int Width = 48;
    private const int Height = 27;

    [Fact]
    public async Task A_small_frame_is_drawn_in_a_virtual_machine()
    {
        var machine = (await new VmImages(vm.Settings.Images).AddAsync(image.Machine, CancellationToken.None)).Value;
        var program = new ProgramBundle { Version = 1 };
        program.Command.AddRange(["/render.sh", "frame", $"{Width}", $"{Height}", "{part}", "{parts}"]);
        foreach (var (name, value) in ((string, string)[])[("PATH", "/usr/bin:/bin"), ("LC_ALL", "C"), ("HOME", "/tmp")])
            program.Env[name] = value;

        var ran = await vm.RunAsync(program, spec: Parts.Spec(256 << 20, 240, 1 << 20, machine, 5, 12, disk: 16 << 20));

        Assert.True(ran.Result.Fault is null, $"{ran.Result.Fault?.Message} {ran.Result.StderrTail}");
        var frame = Sample.Bytes(ran.Output).Single(f => f.Name == "out/frame-0005.png").Data;
        // Behind signature, length and name of the first chunk (PNG specification 11.2.2).
        Assert.Equal((Width, Height), (BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(20))));
        Assert.True(frame.Length > Width * Height / 2, $"{frame.Length} bytes are hardly a picture.");
    }
}

/// <summary>The sample's image and machine, built once for its tests.</summary>
public sealed class RenderingImage : IAsyncLifetime
{
    /// <summary>Packages that were downloaded once are kept there.</summary>
    private static readonly string Built = Path.Combine(Path.GetDirectoryName(Sample.Folder)!, ".rx", "test-rendering");
    private static readonly Lazy<Task> Building = new(BuildAsync);

    internal string Archive { get; } = Path.Combine(Built, "image.tar");

    internal string Machine { get; } = Path.Combine(Built, "vm", "image");

    internal string Id { get; private set; } = "";

    public async Task InitializeAsync()
    {
        await Building.Value;
        Id = (await File.ReadAllTextAsync(Path.Combine(Built, "image.id"))).Trim();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    private static async Task BuildAsync()
    {
        var start = new ProcessStartInfo("sh", [Path.Combine(Sample.Folder, "rendering", "build.sh"), Built])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        // Beside the image that the run has built lies the kernel's package.
        if (VmImageFolder.Given is { } given && Path.Combine(Path.GetDirectoryName(given)!, "debs") is var debs && Directory.Exists(debs))
            start.Environment["RXELON_VM_DEBS"] = debs;
        using var build = Process.Start(start)!;
        var told = await Task.WhenAll(build.StandardOutput.ReadToEndAsync(), build.StandardError.ReadToEndAsync());
        await build.WaitForExitAsync();
        Assert.True(build.ExitCode == 0, $"samples/rendering/build.sh ended with {build.ExitCode}: {string.Concat(told)}");
    }
}
