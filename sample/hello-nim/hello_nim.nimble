version = "0.1.0"
author = "bootzip"
description = "A Lambda function in Nim"
license = "MIT"
srcDir = "src"
bin = @["bootstrap"]

requires "nim >= 2.0.0"
