// optional; without any effect
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"initialize"}
<< {"jsonrpc":"2.0","id":1,"result":{"serverInfo":{"name":"sf-jwt","version":"<version>"},"protocolVersions":[1],"capabilities":{"methods":["token","verify-connection","install-url","preview","revoke","orgs","explain","ping","rpc.discover","initialize","shutdown"],"orgs":null,"connections":true,"loopback":false,"commands":false,"maxFrame":1048576}}}
