using Wasmtime;

namespace Rxelon.Bench.Network;

/// <summary>A WASI program of 200 bytes that copies standard input to standard output, so that what is measured is the network.</summary>
internal static class EchoModule
{
    private const string Text = """
        (module
          (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "_start")
            (block $done (loop $more
              (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 4096))
              (br_if $done (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
              (br_if $done (i32.eqz (i32.load (i32.const 8))))
              (i32.store (i32.const 4) (i32.load (i32.const 8)))
              (br_if $done (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
              (br $more)))))
        """;

    internal static Task WriteAsync(string path, CancellationToken cancel) => File.WriteAllBytesAsync(path, Module.ConvertText(Text), cancel);
}
