using Rxelon.Node.Executors;
using Rxelon.Node.Executors.Vm;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Tests.Vm;

/// <summary>Every test here that runs something boots a machine, which takes seconds: one test looks at much.</summary>
[Collection(VmTests.Name)]
public sealed class VmExecutorSpecs(VmFixture vm)
{
    [Fact]
    public void The_report_says_what_runs_the_machines_and_why()
    {
        Assert.True(vm.Report.Available, vm.Report.Missing);
        Assert.Contains(vm.Image, vm.Report.Images);
        var (runtime, tells) = (vm.Report.Runtime, vm.Report.Warnings.Any(w => w.StartsWith("KVM is not used: ", StringComparison.Ordinal)));
        Assert.True(runtime.EndsWith(" kvm", StringComparison.Ordinal) || (runtime.EndsWith(" tcg", StringComparison.Ordinal) && tells), runtime);
    }

    [Fact]
    public async Task Input_arguments_and_environment_go_in_and_output_comes_out()
    {
        var program = VmFixture.Shell(
            """
            cat; cat /in/a/b; echo "$1 $SET $PWD"; echo "$2"; busybox id -u; echo note >/dev/stderr
            echo file > /out/f; busybox mkdir /out/d; echo deep > /out/d/g; busybox ln -s /etc /out/link; busybox mkfifo /out/pipe
            busybox ls /sys/class/net /sys 2>&1 | busybox head -n 1; busybox cat /proc/net/dev | busybox grep -c eth
            for file in /file /in/file /.rxelon/start /dev/vport0p1; do (echo x > $file) 2>/dev/null || echo no $file; done
            busybox cat /sys/class/virtio-ports/*/name 2>/dev/null; busybox mount -t tmpfs none /tmp 2>/dev/null || echo no mount
            cat /proc/cmdline
            """,
            "{part}/{parts}", "it's \"quoted\" $HOME\n");
        program.Env["SET"] = "a 'b' $c";
        program.Workdir = "/tmp";

        var ran = await vm.RunAsync(program, Parts.Input(("stdin", "s\n"), ("in/a/b", "b\n"), ($"in/{new string('n', 150)}", "long\n")), vm.Spec(part: 4));

        Assert.True(ran.Result.Fault is null, $"{ran.Result.Fault} {ran.Result.StderrTail}");
        Assert.StartsWith(
            "s\nb\n4/10 a 'b' $c /tmp\nit's \"quoted\" $HOME\n\n65534\nls: /sys/class/net: No such file or directory\n0\n"
            + "no /file\nno /in/file\nno /.rxelon/start\nno /dev/vport0p1\nno mount\n",
            ran.Files["stdout"], StringComparison.Ordinal);
        Assert.Equal("note\n", ran.Files["stderr"]);
        Assert.Equal(["out/d/g", "out/f", "stderr", "stdout"], ran.Files.Keys.Order());
        Assert.Equal(("file\n", "deep\n"), (ran.Files["out/f"], ran.Files["out/d/g"]));
        Assert.Equal(0, ran.Result.Metering.ExitCode);
        Assert.InRange(ran.Result.Metering.CpuMillis, 100, 300_000);
        Assert.InRange(ran.Result.Metering.PeakMemory, 16 << 20, 1 << 30);
        Assert.Empty(vm.Records());
    }

    [Fact]
    public async Task An_exit_code_is_a_failure_with_the_end_of_stderr()
    {
        var ran = await vm.RunAsync(VmFixture.Shell("echo broken >&2; exit 7"));

        Assert.Equal(FaultCodes.ProgramFailed, ran.Code);
        Assert.Equal(7, ran.Result.Metering.ExitCode);
        Assert.Equal("broken\n", ran.Result.StderrTail);
    }

    [Fact]
    public async Task Eating_memory_meets_the_memory_limit()
        => Assert.Equal(FaultCodes.MemoryLimit, (await vm.RunAsync(VmFixture.Shell("busybox tail /dev/zero"), spec: vm.Spec(memory: 16 << 20))).Code);

    [Fact]
    public async Task Sleeping_meets_the_time_limit_which_does_not_count_the_boot()
    {
        var seen = new Seen();

        var ran = await vm.RunAsync(VmFixture.Shell("echo here >&2; echo there; busybox sleep 600"), spec: vm.Spec(seconds: 1) with { Log = seen.Add });

        Assert.Equal((FaultCodes.TimeLimit, "here\n"), (ran.Code, ran.Result.StderrTail));
        Assert.Equal(("here\n", "there\n"), (seen.Text(LogSource.Stderr), seen.Text(LogSource.Stdout)));
    }

    [Fact]
    public async Task Printing_too_much_meets_the_output_limit()
        => Assert.Equal(FaultCodes.OutputLimit, (await vm.RunAsync(VmFixture.Shell("busybox yes"))).Code);

    [Fact]
    public async Task Files_that_are_too_large_meet_the_output_limit()
        => Assert.Equal(
            FaultCodes.OutputLimit,
            (await vm.RunAsync(VmFixture.Shell("echo x; busybox truncate -s 9223372036854775807 /out/x; busybox dd if=/dev/zero of=/out/y bs=64k count=32 2>&1"))).Code);

    [Theory]
    [InlineData("sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("primes:latest")]
    public async Task An_image_that_is_not_here_is_named(string image)
    {
        var prepared = await vm.Executor.PrepareAsync(vm.Spec() with { Image = image }, CancellationToken.None);

        Assert.Equal(FaultCodes.ImageMissing, prepared.Fault?.Code);
        Assert.Contains(image, prepared.Fault!.Message);
    }

    [Fact]
    public async Task A_program_without_a_command_or_as_root_is_refused_before_anything_starts()
    {
        var root = VmFixture.Shell("true");
        root.User = "0";
        var nothing = VmFixture.Shell("true");
        nothing.Command.Clear();

        Assert.Equal(FaultCodes.BadProgram, (await vm.RunAsync(root)).Code);
        Assert.Equal(FaultCodes.BadProgram, (await vm.RunAsync(nothing)).Code);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("in/../../x")]
    [InlineData("boot/start")]
    public async Task An_input_with_other_names_never_starts(string name)
    {
        var ran = await vm.RunAsync(VmFixture.Shell("true"), Parts.Input((name, "x")));

        Assert.Equal(FaultCodes.Malformed, ran.Code);
    }

    [Fact]
    public async Task An_input_that_cannot_be_authenticated_to_its_end_never_starts()
    {
        var sandbox = (await vm.Executor.PrepareAsync(vm.Spec(), CancellationToken.None)).Value;
        using var input = new Unauthentic(Parts.Input(("stdin", "x")));

        await Assert.ThrowsAsync<PartCorruptException>(() => sandbox.RunAsync(VmFixture.Shell("true"), input, Stream.Null, CancellationToken.None));

        await sandbox.DisposeAsync();
        Assert.Empty(vm.Records());
    }

    [Fact]
    public async Task A_guest_that_waits_for_its_input_is_not_taken_for_silent()
    {
        Assert.True(vm.Report.Available, vm.Report.Missing);
        var time = new JumpingTime();
        await using var executor = new VmExecutor(vm.Settings with { Machines = Path.Combine(vm.State.Path, "vm-late") }, vm.State.Space, time);
        await executor.FingerprintAsync(CancellationToken.None);
        var prepared = await executor.PrepareAsync(vm.Spec() with { InputArrives = true }, CancellationToken.None);
        await using var sandbox = prepared.Value;
        using var input = new Late(Parts.Input(("stdin", "came late")), time);
        using var output = new MemoryStream();

        var result = await sandbox.RunAsync(VmFixture.Shell("busybox cat"), input, output, CancellationToken.None);

        Assert.Null(result.Fault);
        Assert.Equal("came late", Parts.Read(output.ToArray())["stdout"]);
    }

    /// <summary>An hour passes before its first byte.</summary>
    private sealed class Late(byte[] bytes, JumpingTime time) : MemoryStream(bytes)
    {
        private bool _came;

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (!_came)
                time.Jump(TimeSpan.FromHours(1));
            _came = true;
            return base.Read(buffer, offset, count);
        }
    }

    private sealed class JumpingTime : TimeProvider
    {
        private readonly SemaphoreSlim _asked = new(0);
        private long _ahead;

        public override long GetTimestamp()
        {
            _asked.Release();
            return System.GetTimestamp() + Interlocked.Read(ref _ahead);
        }

        /// <summary>Until others have looked at the clock again a few times.</summary>
        internal void Jump(TimeSpan by)
        {
            Interlocked.Add(ref _ahead, (long)(by.TotalSeconds * TimestampFrequency));
            while (_asked.Wait(0))
            {
            }

            for (var looks = 0; looks < 6; looks++)
                Assert.True(_asked.Wait(TimeSpan.FromSeconds(30)));
        }
    }

    /// <summary>Reads like a decrypting stream whose last chunk was forged.</summary>
    private sealed class Unauthentic(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count)
            => base.Read(buffer, offset, count) is > 0 and var read ? read
                : throw new PartCorruptException(new Fault(FaultCodes.DecryptFailed, "forged", Culprit.Input));
    }
}
