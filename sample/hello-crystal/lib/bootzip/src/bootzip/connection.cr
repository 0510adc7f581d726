require "socket"

module Bootzip
  # HTTP/1.1 over one connection that is kept, to a server given by its numeric
  # address.
  #
  # The standard library has an HTTP client, but "http" as a whole brings TLS and
  # a resolver into the program: 6 MB, which Lambda has to page in at each cold
  # start.
  class Connection
    # The server cannot be reached, or does not speak as it should.
    class Error < Exception
    end

    record Response, status : Int32, headers : Hash(String, String), body : String

    @address : Socket::IPAddress

    def initialize(@server : String)
      @address = Socket::IPAddress.parse("tcp://#{@server}")
      @socket = nil.as(TCPSocket?)
    end

    # Sends a request and waits for its answer without a limit, for the process
    # may be frozen meanwhile. Headers of the answer have lower-case names.
    def send(method : String, path : String, headers = {} of String => String, body = "") : Response
      socket = @socket || connect
      socket << method << ' ' << path << " HTTP/1.1\r\nHost: " << @server << "\r\n"
      headers.each { |name, value| socket << name << ": " << value << "\r\n" }
      socket << "Content-Length: " << body.bytesize << "\r\n\r\n" << body
      socket.flush
      response = receive(socket)
      close if response.headers["connection"]?.try(&.downcase) == "close"
      response
    rescue ex : IO::Error | Socket::Error
      close
      raise Error.new(ex.message)
    end

    private def connect : TCPSocket
      socket = TCPSocket.new(Socket::Family::INET)
      socket.tcp_nodelay = true
      socket.sync = false
      @socket = socket
      socket.connect(@address)
      socket
    end

    private def close
      @socket.try(&.close) rescue nil
      @socket = nil
    end

    private def receive(socket) : Response
      status = line(socket).match(/\AHTTP\/1\.1 (\d{3})\b/).try(&.[1].to_i) || raise Error.new("answer is not HTTP/1.1")
      headers = {} of String => String
      until (header = line(socket)).empty?
        name, _, value = header.partition(':')
        headers[name.downcase] = value.strip
      end
      # The Runtime API always says how long its answers are.
      length = headers["content-length"]?.try(&.to_i?) || raise Error.new("answer has no Content-Length")
      Response.new(status, headers, socket.read_string(length))
    end

    private def line(socket) : String
      socket.gets(chomp: true) || raise Error.new("connection closed")
    end
  end
end
