# A web application with Kemal behind a function URL or API Gateway.
require "bootzip/no_resolver"
require "bootzip/handler"
require "kemal"

get "/hello/:name" do |env|
  "Hello #{env.params.url["name"]} from Kemal\n"
end

post "/orders" do |env|
  env.response.status_code = 201
  env.response.content_type = "application/json"
  {ordered: env.params.json["item"].as(String)}.to_json
end

Kemal.config.env = "production"
Kemal.run(args: nil, trap_signal: false) { |config| config.running = false } # its handlers, without a server
Bootzip.http "web", HTTP::Server.build_middleware(Kemal.config.handlers)
Bootzip.start
