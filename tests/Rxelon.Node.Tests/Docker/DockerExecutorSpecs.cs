using Rxelon.Node.Blobs;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Tests.Docker;

[Collection(DockerTests.Name)]
public sealed class DockerExecutorSpecs(DockerFixture docker)
{
    [Fact]
    public async Task An_input_that_turns_out_wrong_at_its_very_end_starts_no_container_and_leaves_no_file()
    {
        Assert.True(docker.Report.Available, docker.Report.Missing);
        const string marker = "PLAINTEXT-MARKER-d0c7";
        var sandbox = (await docker.Executor.PrepareAsync(docker.Spec() with { InputArrives = true }, CancellationToken.None)).Value;
        using var input = new Wrong(Parts.Input(("stdin", marker), ("in/a", marker)));

        await Assert.ThrowsAsync<ArrivalException>(() => sandbox.RunAsync(DockerFixture.Shell("true"), input, Stream.Null, CancellationToken.None));

        Assert.NotEmpty(TestState.FilesWith(docker.State.Path, marker));
        await sandbox.DisposeAsync();
        Assert.Empty(TestState.FilesWith(docker.State.Path, marker));
        Assert.Equal(default, sandbox.Stats());
    }

    private sealed class Wrong(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count)
            => base.Read(buffer, offset, count) is > 0 and var read ? read
                : throw new ArrivalException(new Fault(FaultCodes.HashMismatch, "another blob", Culprit.Network));
    }

    [Fact]
    public void Every_limit_bites_here_and_is_reported()
    {
        Assert.True(docker.Report.Available, docker.Report.Missing);
        Assert.StartsWith("The engine maps no users", Assert.Single(docker.Report.Warnings), StringComparison.Ordinal);
        Assert.Equal(["number of processes", "memory", "read-only root", "no network"], docker.Report.Limits);
        Assert.Contains(docker.Image, docker.Report.Images);
    }

    [Fact]
    public async Task Input_arguments_and_environment_go_in_and_output_comes_out()
    {
        var program = DockerFixture.Shell("cat; cat /in/a; echo \"$1 $USER_SET $FROM_IMAGE\"; echo note >&2; echo file > /out/f; pwd", "{part}/{parts}");
        program.Env["USER_SET"] = "mine";
        program.Workdir = "/tmp";

        var ran = await docker.RunAsync(program, Parts.Input(("stdin", "s\n"), ("in/a", "a\n")), docker.Spec(part: 4));

        Assert.Null(ran.Result.Fault);
        Assert.Equal("s\na\n4/10 mine yes\n/tmp\n", ran.Files["stdout"]);
        Assert.Equal("note\n", ran.Files["stderr"]);
        Assert.Equal("file\n", ran.Files["out/f"]);
        Assert.Equal(0, ran.Result.Metering.ExitCode);
    }

    [Fact]
    public async Task A_command_is_found_on_the_images_path()
    {
        var program = DockerFixture.Shell("");
        program.Command.Clear();
        program.Command.AddRange(["busybox", "echo", "found"]);

        Assert.Equal("found\n", (await docker.RunAsync(program)).Files["stdout"]);
    }

    [Fact]
    public async Task A_command_that_does_not_exist_says_so()
    {
        var program = DockerFixture.Shell("");
        program.Command.Clear();
        program.Command.Add("no-such-program");

        var ran = await docker.RunAsync(program);

        Assert.Equal(FaultCodes.ProgramFailed, ran.Code);
        Assert.Contains("does not exist in the image", ran.Result.Fault!.Message);
    }

    [Fact]
    public async Task The_program_is_nobody_without_rights_or_network()
    {
        var ran = await docker.RunAsync(DockerFixture.Shell(
            "busybox id -u; busybox id -g; busybox grep -E 'CapEff|CapBnd|NoNewPrivs|Seccomp:' /proc/self/status; busybox ls /sys/class/net"));

        Assert.Equal(
            "65534\n65534\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\nlo\n", ran.Files["stdout"]);
    }

    [Theory]
    [InlineData("echo x > /file")]
    [InlineData("echo x > /in/file")]
    [InlineData("echo x > /.rxelon/start")]
    [InlineData("busybox mount -t tmpfs none /tmp")]
    [InlineData("busybox mknod /tmp/null c 1 3")]
    [InlineData("busybox chroot / /bin/sh")]
    [InlineData("busybox wget -T 2 http://192.0.2.1/")]
    public async Task What_a_program_must_not_do_fails(string script)
        => Assert.Equal(FaultCodes.ProgramFailed, (await docker.RunAsync(DockerFixture.Shell(script))).Code);

    [Fact]
    public async Task A_declared_volume_is_memory_of_the_container()
        => Assert.Contains("tmpfs", (await docker.RunAsync(DockerFixture.Shell("busybox grep ' /data ' /proc/mounts"))).Files["stdout"]);

    [Fact]
    public async Task Root_is_refused()
    {
        var program = DockerFixture.Shell("true");
        program.User = "0";

        Assert.Equal(FaultCodes.BadProgram, (await docker.RunAsync(program)).Code);
    }

    [Fact]
    public async Task Eating_memory_meets_the_memory_limit()
    {
        var ran = await docker.RunAsync(DockerFixture.Shell("busybox tail /dev/zero"), spec: docker.Spec(memory: 16 << 20));

        Assert.Equal(FaultCodes.MemoryLimit, ran.Code);
    }

    [Fact]
    public async Task A_fork_bomb_stays_inside()
    {
        var ran = await docker.RunAsync(DockerFixture.Shell("f() { f | f & f; }; f"), spec: docker.Spec(seconds: 2));

        Assert.Contains(ran.Code, new[] { FaultCodes.ProgramFailed, FaultCodes.TimeLimit, FaultCodes.MemoryLimit });
        Assert.Equal("alive\n", (await docker.RunAsync(DockerFixture.Shell("echo alive"))).Files["stdout"]);
    }

    [Fact]
    public async Task A_full_scratch_is_the_programs_error()
    {
        var ran = await docker.RunAsync(
            DockerFixture.Shell("busybox dd if=/dev/zero of=/tmp/x bs=1M count=8 2>/tmp/e; busybox tail -n 1 /tmp/e; busybox wc -c < /tmp/x"), spec: docker.Spec(disk: 4 << 20));

        Assert.Contains("4194304", ran.Files["stdout"]);
    }

    [Fact]
    public async Task Filling_out_meets_the_output_limit()
        => Assert.Equal(
            FaultCodes.OutputLimit, (await docker.RunAsync(DockerFixture.Shell("busybox dd if=/dev/zero of=/out/x bs=1M count=8"))).Code);

    [Theory]
    [InlineData("100000000")]
    [InlineData("9223372036854775807")]
    public async Task A_sparse_file_larger_than_the_limit_meets_it(string size)
        => Assert.Equal(FaultCodes.OutputLimit, (await docker.RunAsync(DockerFixture.Shell($"echo x; busybox truncate -s {size} /out/x"))).Code);

    [Fact]
    public async Task Very_many_empty_files_meet_the_output_limit()
        => Assert.Equal(
            FaultCodes.OutputLimit,
            (await docker.RunAsync(DockerFixture.Shell("i=0; while [ $i -lt 2000 ]; do : > /out/$i; i=$((i+1)); done"))).Code);

    [Fact]
    public async Task Printing_too_much_meets_the_output_limit()
        => Assert.Equal(FaultCodes.OutputLimit, (await docker.RunAsync(DockerFixture.Shell("busybox yes"))).Code);

    [Fact]
    public async Task A_pipe_and_a_link_in_out_are_not_collected()
    {
        var ran = await docker.RunAsync(DockerFixture.Shell("cd /out; busybox mkfifo p; busybox ln -s /etc/passwd l; busybox ln -s /etc d; echo ok > f"));

        Assert.Null(ran.Result.Fault);
        Assert.Equal(["out/f", "stderr", "stdout"], ran.Files.Keys.Order());
    }

    [Fact]
    public async Task Sleeping_meets_the_time_limit()
    {
        var ran = await docker.RunAsync(DockerFixture.Shell("busybox sleep 600"), spec: docker.Spec(seconds: 0.5));

        Assert.Equal(FaultCodes.TimeLimit, ran.Code);
    }

    [Fact]
    public async Task Stopping_ends_the_container()
    {
        using var cancel = new CancellationTokenSource();
        var running = docker.RunAsync(DockerFixture.Shell("busybox sleep 600"), cancel: cancel.Token);
        await Containers.UntilRunningAsync(docker);
        await cancel.CancelAsync();

        Assert.Equal(FaultCodes.Stopped, (await running).Code);
    }

    [Fact]
    public async Task An_exit_code_is_a_failure_with_the_end_of_stderr()
    {
        var ran = await docker.RunAsync(DockerFixture.Shell("echo broken >&2; exit 7"));

        Assert.Equal(FaultCodes.ProgramFailed, ran.Code);
        Assert.Equal(7, ran.Result.Metering.ExitCode);
        Assert.Equal("broken\n", ran.Result.StderrTail);
    }

    [Theory]
    [InlineData("sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("rxelon-test:busybox")]
    public async Task An_image_that_is_not_here_is_named(string image)
    {
        var prepared = await docker.Executor.PrepareAsync(docker.Spec() with { Image = image }, CancellationToken.None);

        Assert.Equal(FaultCodes.ImageMissing, prepared.Fault?.Code);
        Assert.Contains(image, prepared.Fault!.Message);
    }

    [Fact]
    public async Task Cpu_and_memory_are_measured()
    {
        var ran = await docker.RunAsync(DockerFixture.Shell("i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done"));

        Assert.InRange(ran.Result.Metering.CpuMillis, 50, 20_000);
        Assert.InRange(ran.Result.Metering.PeakMemory, 100_000, 64 << 20);
    }
}
