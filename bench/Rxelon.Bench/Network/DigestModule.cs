using System.Buffers.Binary;
using System.Numerics;
using Wasmtime;

namespace Rxelon.Bench.Network;

/// <summary>
/// A WASI program that reads all of standard input and writes eight bytes: a digest that every byte changes, cheap enough not to be what is
/// measured. Input must be a multiple of eight bytes.
/// </summary>
internal static class DigestModule
{
    private const ulong Prime = 0x100000001B3;
    private const ulong Start = 0xCBF29CE484222325;

    private const string Text = """
        (module
          (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 18)
          (func (export "_start") (local $digest i64) (local $at i32) (local $end i32)
            (local.set $digest (i64.const 0xCBF29CE484222325))
            (block $done (loop $more
              (i32.store (i32.const 0) (i32.const 65536)) (i32.store (i32.const 4) (i32.const 1048576))
              (br_if $done (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
              (br_if $done (i32.eqz (i32.load (i32.const 8))))
              (local.set $at (i32.const 65536))
              (local.set $end (i32.add (i32.const 65536) (i32.load (i32.const 8))))
              (loop $words
                (local.set $digest (i64.mul (i64.const 0x100000001B3)
                  (i64.xor (i64.rotl (local.get $digest) (i64.const 5)) (i64.load (local.get $at)))))
                (local.set $at (i32.add (local.get $at) (i32.const 8)))
                (br_if $words (i32.lt_u (local.get $at) (local.get $end))))
              (br $more)))
            (i64.store (i32.const 16) (local.get $digest))
            (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 8))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))))
        """;

    internal static Task WriteAsync(string path, CancellationToken cancel) => File.WriteAllBytesAsync(path, Module.ConvertText(Text), cancel);

    /// <summary>What the program must write for this file.</summary>
    internal static byte[] Of(string path)
    {
        using var file = File.OpenRead(path);
        var buffer = new byte[1 << 20];
        var digest = Start;
        int read;
        while ((read = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0)
        {
            for (var at = 0; at < read; at += sizeof(ulong))
                digest = unchecked((BitOperations.RotateLeft(digest, 5) ^ BinaryPrimitives.ReadUInt64LittleEndian(buffer.AsSpan(at))) * Prime);
        }

        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, digest);
        return bytes;
    }
}
