## HTTP/1.1 over one connection that is kept, to a server given by its numeric
## address: the Runtime API is always one, and so nothing here needs a
## resolver.

import std/[net, strutils, tables]

type
  Connection* = object
    address: IpAddress
    port: Port
    host: string
    socket: Socket

  Response* = object
    status*: int
    headers*: Table[string, string] ## by lower-case name
    body*: string

proc newConnection*(server: string): Connection =
  ## server is a numeric address and a port. Raises ValueError for a name.
  let parts = server.split(':')
  if parts.len != 2:
    raise newException(ValueError, "no numeric address and port")
  let number = parseUInt(parts[1])
  if number == 0 or number > 65535:
    raise newException(ValueError, "port is no number from 1 to 65535")
  result = Connection(address: parseIpAddress(parts[0]), port: Port(number), host: server)

proc close(c: var Connection) =
  if c.socket != nil:
    c.socket.close()
    c.socket = nil

proc line(c: Connection): string =
  result = c.socket.recvLine()
  if result.len == 0:
    raise newException(IOError, "connection closed")
  if result == "\r\n": # how recvLine tells an empty line from the end
    result = ""

proc receive(c: Connection): Response =
  let words = c.line.split(' ')
  if words.len < 2 or words[0] != "HTTP/1.1":
    raise newException(IOError, "answer is not HTTP/1.1")
  result.status = parseInt(words[1])
  while (let header = c.line; header.len > 0):
    let parts = header.split(':', 1)
    if parts.len == 2:
      result.headers[parts[0].toLowerAscii] = parts[1].strip
  # The Runtime API always says how long its answers are.
  let length = parseInt(result.headers.getOrDefault("content-length", "-1"))
  if length < 0:
    raise newException(IOError, "answer has no Content-Length")
  if length > 0:
    result.body = c.socket.recv(length)
  if result.body.len < length:
    raise newException(IOError, "connection closed")

proc send*(c: var Connection, httpMethod, path: string, headers = "", body = ""): Response =
  ## Sends a request and waits for its answer without a limit, for the process
  ## may be frozen meanwhile. headers are whole lines with CRLF.
  if c.socket == nil:
    c.socket = newSocket()
    c.socket.connect($c.address, c.port)
    c.socket.setSockOpt(OptNoDelay, true, level = IPPROTO_TCP.cint)
  c.socket.send(httpMethod & " " & path & " HTTP/1.1\r\nHost: " & c.host & "\r\nContent-Length: " & $body.len &
    "\r\n" & headers & "\r\n" & body)
  result = c.receive
  if cmpIgnoreCase(result.headers.getOrDefault("connection"), "close") == 0:
    c.close
