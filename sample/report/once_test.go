package main

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// A table at the address in REPORT_TEST_DYNAMODB, for example of dynalite.
func TestTable(t *testing.T) {
	address := os.Getenv("REPORT_TEST_DYNAMODB")
	if address == "" {
		t.Skip("REPORT_TEST_DYNAMODB has no address: README.md says how")
	}
	client := dynamodb.New(dynamodb.Options{BaseEndpoint: &address, Region: "us-east-1", Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
	})})
	table := fmt.Sprintf("report-%d", time.Now().UnixNano())
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &table, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: "S"}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
	})
	if err == nil {
		err = dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay = 100 * time.Millisecond }).
			Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: &table}, time.Minute)
	}
	if err != nil {
		t.Fatal(err)
	}
	o := &tableOnce{client: client, table: table, now: time.Now}
	for i, want := range []bool{true, false} {
		if first, err := o.claim(t.Context(), "a"); err != nil || first != want {
			t.Errorf("time %d: %v, %v", i, first, err)
		}
	}
	if err := o.release(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if first, err := o.claim(t.Context(), "a"); err != nil || !first {
		t.Errorf("after the release: %v, %v", first, err)
	}
}
